from odoo import api, fields, models
from odoo.tools import formatLang

from .lead_scoring_seller import MIN_DEALS


class LeadScoringSeller(models.Model):
    """What salespeople won, in plain sentences."""

    _inherit = "lead.scoring.seller"

    chance = fields.Char(
        string="Normal Range",
        compute="_compute_chance",
        help="Who sells as others do wins so many of such leads in 95 of 100 cases.",
    )
    summary = fields.Char(compute="_compute_summary", help="What that means.")

    @api.depends("low", "high")
    @api.depends_context("lang")
    def _compute_chance(self):
        for row in self:
            low, high = (formatLang(self.env, n, digits=1) for n in (row.low, row.high))
            row.chance = f"{low} – {high}"

    @api.depends("verdict", "leads", "won", "expected", "known", "closed")
    @api.depends_context("lang")
    def _compute_summary(self):
        leads = {
            "better": self.env._("The leads were better than those of others."),
            "like": self.env._("The leads were like those of others."),
            "poorer": self.env._("The leads were poorer than those of others."),
        }
        verdicts = {
            "more": self.env._(
                "Clearly more wins than others get from such leads: %(won)s instead of "
                "about %(expected)s."
            ),
            "expected": self.env._(
                "About as many wins as others get from such leads: %(won)s, with "
                "about %(expected)s expected."
            ),
            "fewer": self.env._(
                "Clearly fewer wins than others get from such leads: %(won)s instead "
                "of about %(expected)s."
            ),
            "few": self.env._(
                "Nothing can be told yet: %(known)s of %(closed)s closed deals had a "
                "score before they were closed. It takes %(least)s."
            ),
            "unknown": self.env._(
                "Not enough data: others closed too few deals with such scores."
            ),
        }
        for row in self:
            expected = formatLang(self.env, row.expected, digits=0)
            numbers = {"won": row.won, "expected": expected, "least": MIN_DEALS}
            numbers |= {"known": row.known, "closed": row.closed}
            texts = [verdicts.get(row.verdict, "") % numbers, leads.get(row.leads)]
            row.summary = " ".join(text for text in texts if text)

    @api.readonly
    @api.model
    def get_sentences(self, domain):
        """Return what the rows that meet a domain mean together, and what to do, in
        sentences, the most important first.
        """
        rows = self.search(domain)
        if not rows:
            return []
        if len(set(rows.mapped("period"))) > 1:
            return [self.env._("Choose one period to compare salespeople.")]
        by_verdict = {
            verdict: ", ".join(of_verdict.user_id.mapped("name"))
            for verdict, of_verdict in rows.grouped("verdict").items()
        }
        sentences = self._get_verdict_sentences(by_verdict)
        untold = rows.filtered(lambda row: row.verdict in ("few", "unknown"))
        if untold:
            sentences.append(
                self.env._(
                    "Not enough data: %s. They closed too few deals that had a score, "
                    "or nobody else has leads with such scores.",
                    ", ".join(untold.user_id.mapped("name")),
                )
            )
        return sentences

    @api.model
    def _get_verdict_sentences(self, by_verdict):
        """Return what there is to say of those who can be compared.

        :param by_verdict: ``{verdict: names of salespeople}``
        """
        sentences = []
        if names := by_verdict.get("fewer"):
            sentences.append(
                self.env._(
                    "Clearly fewer wins than others get from such leads: %s. Look at "
                    "the lost deals together.",
                    names,
                )
            )
        if names := by_verdict.get("more"):
            sentences.append(
                self.env._(
                    "Clearly more wins than others get from such leads: %s. Ask what "
                    "they do differently.",
                    names,
                )
            )
        if not sentences and "expected" in by_verdict:
            sentences.append(
                self.env._(
                    "Everybody who can be compared wins about as many deals as others "
                    "do from such leads. Nothing to do."
                )
            )
        return sentences

    def _get_period_names(self):
        """Return the periods that these rows are of, for a heading."""
        names = dict(self._fields["period"]._description_selection(self.env))
        periods = set(self.mapped("period"))
        return ", ".join(names[key] for key in names if key in periods)
