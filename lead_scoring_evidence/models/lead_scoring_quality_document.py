from math import floor

from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from odoo.addons.lead_scoring.tools.statistics import MIN_DEALS_PER_OUTCOME, is_enough

from ..tools.words import per_hundred
from .lead_scoring_quality import CHANCE_AUC, READY_AUC, READY_AUC_LOW
from .lead_scoring_symptom import MIN_LEADS

PLOT_SIDE = 200
"""Width and height of the reliability plot, in the units of its SVG."""


class LeadScoringQuality(models.Model):
    """The quality of a model in words and tables, the same on screen and in print."""

    _inherit = "lead.scoring.quality"

    headline = fields.Char(
        string="In Words",
        compute="_compute_headline",
        help="What the scores are worth, and what to do.",
    )
    summary = fields.Html(
        compute="_compute_document",
        sanitize=False,
        help="The verdict in words, and how sure it is.",
    )
    details = fields.Html(
        compute="_compute_document",
        sanitize=False,
        help="What was measured.",
    )

    @api.depends("result", "verdict", "symptom_ids")
    @api.depends_context("lang")
    def _compute_headline(self):
        for quality in self:
            headline = False
            with quality._reading("result"):
                headline = " ".join(quality._get_sentences())
            quality.headline = headline

    @api.depends("result", "verdict", "headline")
    @api.depends_context("lang")
    def _compute_document(self):
        qweb = self.env["ir.qweb"]
        for quality in self:
            summary = details = False
            with quality._reading("result"):
                values = quality._get_document_values()
                summary = qweb._render("lead_scoring_evidence.quality_summary", values)
                details = qweb._render("lead_scoring_evidence.quality_details", values)
            quality.summary = summary
            quality.details = details

    def _get_document_values(self):
        """Return what the templates of summary and details are rendered with."""
        self.ensure_one()
        return {
            "quality": self,
            "result": self.result,
            "verdict": dict(self._fields["verdict"]._description_selection(self.env))[
                self.verdict
            ],
            "color": {"ready": "success", "fair": "warning"}.get(
                self.verdict, "danger" if self.verdict == "not_ready" else "secondary"
            ),
            "headline": self.headline,
            "notes": self._get_notes(),
            "newest": self._get_newest(),
            "pairs": self._get_pairs(),
            "calibration": self._get_calibration(),
            "reliability": self._get_reliability_rows(),
            "ranking": self._get_ranking_rows(),
            "thresholds": self._get_threshold_rows(),
            "percent": self._format_percent,
            "number": self._format_number,
            "side": PLOT_SIDE,
        }

    def _format_number(self, value, digits=0):
        return "–" if value is None else formatLang(self.env, value, digits=digits)

    def _format_percent(self, share):
        return "–" if share is None else f"{self._format_number(100 * share)} %"

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_basis(self):
        """Return when the model was judged, and by how many leads."""
        return self.env._(
            "Evaluated on %(date)s with %(won)s won and %(lost)s lost leads of "
            "%(company)s.",
            date=format_date(self.env, self.date),
            won=self.won_count,
            lost=self.lost_count,
            company=self.company_id.name,
        )

    def _get_sentences(self):
        """Return what the scores are worth, in one or two plain sentences, and what to
        do about it.
        """
        if self.verdict == "missing":
            return self._get_missing_sentences()
        if not self.auc_high:
            return [
                self.env._(
                    "The newest deals all ended alike: there is nothing to tell apart."
                )
            ]
        sentences = [self._get_win_rate_sentence(), *self._get_verdict_sentences()]
        return [*filter(None, sentences), self._get_advice()]

    def _get_win_rate_sentence(self):
        """Return how many of 100 hot leads are won, and of 100 cold ones; nothing of
        judgements that are older than these numbers.
        """
        groups = self.result.get("temperatures")
        if not groups:
            return None
        hot, cold = groups["hot"], groups["cold"]
        if min(hot["count"], cold["count"]) < MIN_LEADS:
            return self.env._(
                "Too few hot or cold leads are closed to compare them: hot %(hot)s, "
                "cold %(cold)s; it takes %(least)s of each.",
                hot=hot["count"],
                cold=cold["count"],
                least=MIN_LEADS,
            )
        return self.env._(
            "Of 100 hot leads, %(hot)s are won; of 100 cold ones, %(cold)s.",
            hot=per_hundred(self.env, hot["won"] / hot["count"]),
            cold=per_hundred(self.env, cold["won"] / cold["count"]),
        )

    def _get_verdict_sentences(self):
        """Return what the verdict says of the newest leads, and why."""
        score = self._get_ranking(self.result)["score"]
        if self.verdict == "ready":
            return [self.env._("The score sorts well.")]
        if self.verdict == "not_ready":
            sentences = [self._get_failure_sentence(score)]
        else:
            sentences = self._get_flaw_sentences(score)
        names = self._get_ranking_names()
        return sentences + [
            self.env._("This sorts the newest leads better: %s.", names[key])
            for key in self._get_better(self.result)
        ]

    def _get_failure_sentence(self, score):
        if score["high"] < CHANCE_AUC:
            return self.env._(
                "Among the newest leads, lost ones have higher scores than won "
                "ones. This is hardly chance."
            )
        return self.env._(
            "Among the newest leads, the score does not separate won from lost "
            "ones: the difference may be chance."
        )

    def _get_flaw_sentences(self, score):
        """Return what keeps a score that sorts from being ready."""
        sentences = []
        if not self._ranks_well(score):
            sentences.append(self._get_sharpness_sentence(score))
        if not self._is_calibrated(self.result):
            sentences.append(
                self.env._(
                    "On average, win rates differ by %s percentage points from what "
                    "the score predicts.",
                    round(100 * self.ece),
                )
            )
        return sentences

    def _get_sharpness_sentence(self, score):
        if score["auc"] >= READY_AUC:
            return self.env._(
                "The score seems to sort well, but too few are closed to be sure."
            )
        return self.env._("The score helps, but does not sort sharply.")

    def _get_advice(self):
        """Return what to do."""
        if self.verdict == "ready":
            if self.symptom_ids:
                return self.env._("What to change is below.")
            return self.env._("Nothing to do.")
        if self.symptom_ids:
            return self.env._(
                "What to change is below; Rule Performance shows which rules hurt."
            )
        return self.env._(
            "Rule Performance shows which rules hurt, and which points to try."
        )

    def _get_pairs(self):
        """Return what the AUC says, in words, and when a model is ready."""
        if not self.auc_high:
            return False
        return self.env._(
            "In %(share)s of 100 pairs of a won and a lost lead, the won one had the "
            "higher score (AUC). By chance it would be 50, at best 100. A model is "
            "ready from %(ready)s on, if, allowing for chance, it is hardly below "
            "%(low)s.",
            # whole pairs: 69.8 are not the 70 that make a model ready
            share=floor(round(100 * self.auc, 1)),
            ready=round(100 * READY_AUC),
            low=round(100 * READY_AUC_LOW),
        )

    def _get_missing_sentences(self):
        won, lost = self._get_missing()
        return [
            self.env._("Too few leads are closed to tell."),
            self.env._(
                "Still missing: %(won)s won and %(lost)s lost ones.", won=won, lost=lost
            ),
            self.env._(
                "With fewer than %(minimum)s of each, whose score was kept at a "
                "decision, whatever one measures is chance.",
                minimum=MIN_DEALS_PER_OUTCOME,
            ),
        ]

    def _get_notes(self):
        """Return what one has to know before one relies on it."""
        counts = self.result["counts"]
        notes = [self._get_basis()]
        if self.verdict != "missing" and not is_enough(
            counts["newest_won"], counts["newest_lost"]
        ):
            notes.append(
                self.env._(
                    "There are only a few recent leads: take the verdict as a hint, "
                    "and evaluate again in some months."
                )
            )
        if counts["not_judged"]:
            notes.append(
                self.env._(
                    "Closed leads that can't be evaluated, because no score was "
                    "recorded before they were won or lost: %s.",
                    counts["not_judged"],
                )
            )
        return notes

    def _get_newest(self):
        """Return which of the leads the figures are of."""
        counts = self.result["counts"]
        return self.env._(
            "The verdict, and the figures here, are of the newest fifth of the closed "
            "leads: %(deals)s decided on since %(date)s, %(won)s of them won. Square "
            "brackets hold what is 95 %% sure.",
            deals=counts["newest_won"] + counts["newest_lost"],
            date=format_date(self.env, counts["newest_from"]),
            won=counts["newest_won"],
        )

    def _get_calibration(self):
        """Return how the plot of expected and real win rates is read."""
        return self.env._(
            "On the line: won as often as expected. The bars hold what is 95 %% sure. "
            "Calibration error (ECE): real win rates are off by %(ece)s points in 100, "
            "on average. Brier score, the mean squared error of what is expected: "
            "%(brier)s; 0 is perfect, and always expecting the average makes %(base)s.",
            ece=self._format_number(100 * self.ece, 1),
            brier=self._format_number(self.brier, 3),
            base=self._format_number(self.result.get("brier_base"), 3),
        )

    def _get_reliability_rows(self):
        """Return the bins of the plot, each with what it says in words."""
        return [
            {
                **row,
                "title": self.env._(
                    "Leads: %(count)s. Expected to be won: %(expected)s. Won: "
                    "%(actual)s.",
                    count=row["count"],
                    expected=self._format_percent(row["expected"]),
                    actual=self._format_percent(row["actual"]),
                ),
            }
            for row in self.result.get("reliability", [])
        ]

    def _get_ranking_names(self):
        return {
            "score": self.env._("The score"),
            "all": self.env._("The score, all closed leads"),
            "odoo": self.env._("Odoo's predicted probability"),
            "newest": self.env._("Newest leads first"),
            "origin": self.env._(
                "The model before, on the newest leads it scored: %s",
                self.model_id.origin_id.name or "",
            ),
        }

    def _get_ranking_rows(self):
        """Return what one might rank by, each with its name and how well it does."""
        names = self._get_ranking_names()
        return [
            {**row, "name": names[row["key"]]} for row in self.result.get("ranking", [])
        ]

    def _get_threshold_rows(self):
        """Return precision and volume by score, with what happens from it on."""
        names = {}
        model = self.model_id
        teams = self._get_teams(self.company_id)
        for score, name in (
            (model.warm_score, self.env._("Warm")),
            (model.hot_score, self.env._("Hot")),
            *((team.minimum_score, team.name) for team in teams),
        ):
            names.setdefault(score, []).append(name)
        return [
            {**row, "name": ", ".join(names.get(row["score"], []))}
            for row in self.result.get("thresholds", [])
            if row["count"] or names.get(row["score"])
        ]

    def _get_team_rows(self):
        """Return the teams that convert by score: their minimum, and what it means."""
        rows = {}
        with self._reading("result"):
            rows = {
                row["score"]: row["precision"]
                for row in self.result.get("thresholds", [])
            }
        teams = self._get_teams(self.company_id)
        teams = teams.with_context(allowed_company_ids=self.company_id.ids)
        proposals = {team: team._propose_minimum() for team in teams}
        return [
            {
                "name": team.name,
                "minimum": team.minimum_score,
                "precision": rows.get(team.minimum_score),
                # of the same table as the advice, and as the form of the team
                "volume": team._expected(proposal, team.minimum_score),
                "capacity": proposal["capacity"],
            }
            for team, proposal in proposals.items()
        ]
