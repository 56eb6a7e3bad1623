from odoo import api, fields, models
from odoo.tools import format_date

from .lead_scoring_metrics import MINIMUM

SIDE = 200
"""Side of a chart, in the units of its SVG."""


class LeadScoringQuality(models.Model):
    """The quality of a model in words and pictures, as on the screen so in print."""

    _inherit = "lead.scoring.quality"

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

    @api.depends("result", "verdict")
    @api.depends_context("lang")
    def _compute_document(self):
        qweb = self.env["ir.qweb"]
        for quality in self:
            values = quality._get_document_values()
            quality.summary = qweb._render("lead_scoring.quality_summary", values)
            quality.details = qweb._render("lead_scoring.quality_details", values)

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
            "sentences": self._get_sentences(),
            "notes": self._get_notes(),
            "ranking": self._get_ranking_rows(),
            "thresholds": self._get_threshold_rows(),
            "percent": lambda share: "–" if share is None else f"{100 * share:.0f} %",
            "number": lambda value, digits=0: (
                "–" if value is None else f"{value:.{digits}f}"
            ),
            "side": SIDE,
        }

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_sentences(self):
        """Return what the verdict says, and why."""
        if self.verdict == "missing":
            return self._get_missing_sentences()
        if not self.auc_high:
            return [
                self.env._(
                    "The newest deals all ended alike: there is nothing to tell apart."
                )
            ]
        sentences = [
            self.env._(
                "In %(share)s of 100 pairs of a won and a lost lead, the won one had "
                "the higher score. By chance it would be 50.",
                share=round(100 * self.auc),
            )
        ]
        if self.verdict == "not_ready":
            sentences.append(self.env._("It may well be chance."))
        elif self._is_calibrated(self.result):
            sentences.append(
                self.env._(
                    "Leads are won about as often as their score lets one expect."
                )
            )
        else:
            sentences.append(
                self.env._(
                    "Win rates are off by %s points in 100 from what the score lets "
                    "one expect, on average.",
                    round(100 * self.ece),
                )
            )
        names = self._get_ranking_names()
        sentences += [
            self.env._("These rank better than the score: %s.", names[key])
            for key in self._get_better(self.result)
        ]
        return sentences

    def _get_missing_sentences(self):
        won, lost = self._get_missing()
        sentences = [
            self.env._(
                "With fewer than %(minimum)s won and %(minimum)s lost leads whose "
                "score was kept at a decision, whatever one measures is chance.",
                minimum=MINIMUM,
            )
        ]
        if won and lost:
            missing = self.env._(
                "%(won)s won and %(lost)s lost ones are missing.", won=won, lost=lost
            )
        elif won:
            missing = self.env._("%s won ones are missing.", won)
        else:
            missing = self.env._("%s lost ones are missing.", lost)
        return [*sentences, missing]

    def _get_notes(self):
        """Return how sure all this is, and what is not in it."""
        counts = self.result["counts"]
        notes = []
        if self.verdict != "missing":
            deals = counts["newest_won"] + counts["newest_lost"]
            notes.append(
                self.env._(
                    "Judged on the newest fifth of the closed leads: %(deals)s decided "
                    "on since %(date)s, %(won)s of them won. Square brackets hold what "
                    "is 95 %% sure.",
                    deals=deals,
                    date=format_date(self.env, counts["newest_from"]),
                    won=counts["newest_won"],
                )
            )
            if min(counts["newest_won"], counts["newest_lost"]) < MINIMUM:
                notes.append(
                    self.env._(
                        "They are few: read the figures as hints, and judge again in "
                        "some months."
                    )
                )
        if counts["not_judged"]:
            notes.append(
                self.env._(
                    "%s closed leads are not judged by any model: no score was kept "
                    "before they were won or lost.",
                    counts["not_judged"],
                )
            )
        return notes

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
        rows = {row["score"]: row for row in self.result.get("thresholds", [])}
        symptom = self.env["lead.scoring.symptom"]
        return [
            {
                **rows.get(team.minimum_score, {"volume": None, "precision": None}),
                "name": team.name,
                "minimum": team.minimum_score,
                "capacity": symptom._get_capacity(team),
            }
            for team in self._get_teams(self.company_id)
        ]
