from math import floor

from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from odoo.addons.lead_scoring.tools.statistics import MIN_DEALS_PER_OUTCOME, is_enough

from .lead_scoring_quality import CHANCE_AUC, READY_AUC, READY_AUC_LOW

PLOT_SIDE = 200
"""Width and height of the reliability plot, in the units of its SVG."""


class LeadScoringQuality(models.Model):
    """The quality of a model in words and tables, the same on screen and in print."""

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
            "basis": self._get_basis(),
            "sentences": self._get_sentences(),
            "notes": self._get_notes(),
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
            "Judged on %(date)s by %(won)s won and %(lost)s lost leads of %(company)s.",
            date=format_date(self.env, self.date),
            won=self.won_count,
            lost=self.lost_count,
            company=self.company_id.name,
        )

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
        names = self._get_ranking_names()
        sentences = [
            self.env._(
                "In %(share)s of 100 pairs of a won and a lost lead, the won one had "
                "the higher score. By chance it would be 50.",
                # whole pairs: 69.8 are not the 70 that make a model ready
                share=floor(round(100 * self.auc, 1)),
            ),
            self._get_calibration_sentence(),
            *(
                self.env._("These rank better than the score: %s.", names[key])
                for key in self._get_better(self.result)
            ),
        ]
        score = self._get_ranking(self.result)["score"]
        if self.verdict == "fair" and not self._ranks_well(score):
            sentences.append(
                self.env._(
                    "A model is ready when at least %(ready)s of 100 pairs are in the "
                    "right order, and, allowing for chance, hardly fewer than "
                    "%(low)s.",
                    ready=round(100 * READY_AUC),
                    low=round(100 * READY_AUC_LOW),
                )
            )
        return sentences

    def _get_calibration_sentence(self):
        if self.verdict == "not_ready":
            if self._get_ranking(self.result)["score"]["high"] < CHANCE_AUC:
                return self.env._(
                    "It is hardly chance: lost leads clearly have the higher scores. "
                    "The rules take points for what wins, or give them for what loses."
                )
            return self.env._("It may well be chance.")
        if self._is_calibrated(self.result):
            return self.env._(
                "Leads are won about as often as their score lets one expect."
            )
        return self.env._(
            "Win rates are off by %s points in 100 from what the score lets one "
            "expect, on average.",
            round(100 * self.ece),
        )

    def _get_missing_sentences(self):
        won, lost = self._get_missing()
        sentences = [
            self.env._(
                "With fewer than %(minimum)s won and %(minimum)s lost leads whose "
                "score was kept at a decision, whatever one measures is chance.",
                minimum=MIN_DEALS_PER_OUTCOME,
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
            if not is_enough(counts["newest_won"], counts["newest_lost"]):
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

    def _get_calibration(self):
        """Return how the plot of expected and real win rates is read."""
        return self.env._(
            "On the line: won as often as expected. The bars hold what is 95 %% sure. "
            "Off by %(ece)s points in 100 on average (ECE). The Brier score is "
            "%(brier)s; always expecting the average would make it %(base)s.",
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
