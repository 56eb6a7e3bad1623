"""The world of ``test_records_gone``: leads, and all that they and we refer to."""

from odoo.fields import Command

from .common import ConversionCommon

REFERENCES = (
    ["lang_id", "lost_reason_id", "source_id", "stage_id", "tag_ids"]
    + ["campaign_id", "company_id", "partner_id", "team_id", "user_id"]
    + ["industry_id", "medium_id", "visitor_ids"]
)
"""Fields of leads whose records rules, scopes and filters ask for by id."""
SIGNALS = {
    "page_view": "[('page_id', '=', {page})]",
    "event": "[('visitor_id', '=', {visitor})]",
    "mail_opened": "[('mass_mailing_id', '=', {mailing})]",
    "unsubscribed": "[('list_id', 'in', [{mailing_list}])]",
}
"""Domains of rules on what leads do, where their add-on is installed."""


class RecordsCommon(ConversionCommon):
    """Leads in each state, with a record of each kind that they can refer to, and a
    rule, a scope, and filters of a team and of a member that ask for each by its id.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls._create_people()
        cls._create_targets()
        cls.names = {
            field.comodel_name: name
            for name, field in cls.env["crm.lead"]._fields.items()
            if name in REFERENCES
        }
        cls._create_leads()
        cls._create_rules()
        cls._create_seats()
        cls._create_results()
        cls._score()

    # ------------------------------------------------------------------
    # What is referred to
    # ------------------------------------------------------------------

    @classmethod
    def _create_people(cls):
        group = "sales_team.group_sale_salesman"
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        companies = cls.env.company + cls.company_b
        cls.sales_manager.company_ids = companies
        cls.seller = cls._user("seller", group, company_ids=companies.ids)
        cls.leader = cls._user("leader", group, company_ids=companies.ids)
        cls.acme, other = cls.env["res.partner"].create(
            [{"name": "Acme", "is_company": True}, {"name": "Acme Ltd"}]
        )
        cls.ann, cls.double = cls.env["res.partner"].create(
            [
                {"name": "Ann", "email": "ann@acme.example", "parent_id": cls.acme.id},
                {"name": "Ann", "email": "ann@acme.example", "parent_id": other.id},
            ]
        )

    @classmethod
    def _create_targets(cls):
        def new(model, name="Gone", **vals):
            return cls.env[model].create({"name": name, **vals})

        cls.tag, cls.campaign = new("crm.tag"), new("utm.campaign")
        cls.source, cls.medium = new("utm.source"), new("utm.medium")
        cls.stage, cls.reason = new("crm.stage"), new("crm.lost.reason")
        cls.industry = new("res.partner.industry")
        cls.gone_team = cls._team("Gone", convert_by_score=True, minimum_score=60)
        cls.gone_team.user_id = cls.leader
        cls.lang = cls.env["res.lang"]._activate_lang("fr_FR")
        cls.env["crm.stage"].create({"name": "Sold", "is_won": True, "sequence": 99})
        view = cls.env["ir.ui.view"].create(
            {"type": "qweb", "key": "lead_scoring.gone", "arch": "<p/>"}
        )
        cls.page = cls.env["website.page"].create(
            {"url": "/gone", "view_id": view.id, "name": "Gone", "track": True}
        )
        cls.visitor = cls._visitor(pages=["/gone"])
        cls.visitor.website_track_ids.page_id = cls.page
        cls._visitor(partner=cls.double, pages=["/gone"])
        cls.mailing = cls.mailing_list = cls.env["res.partner"]
        if "mailing.list" in cls.env:
            cls.mailing_list = new("mailing.list")
            cls.mailing = cls.env["mailing.mailing"].create(
                {"subject": "Gone", "contact_list_ids": cls.mailing_list.ids}
            )

    @classmethod
    def _targets(cls, **vals):
        """Return values by which a lead refers to a record of each kind."""
        return {
            "partner_id": cls.ann.id,
            "tag_ids": cls.tag.ids,
            "campaign_id": cls.campaign.id,
            "source_id": cls.source.id,
            "medium_id": cls.medium.id,
            "industry_id": cls.industry.id,
            "lang_id": cls.lang.id,
            "company_id": cls.company_b.id,
            "visitor_ids": cls.visitor.ids,
            **vals,
        }

    # ------------------------------------------------------------------
    # Leads
    # ------------------------------------------------------------------

    @classmethod
    def _create_leads(cls):
        own = {"user_id": cls.seller.id, "team_id": cls.gone_team.id}
        deal = {"type": "opportunity", "stage_id": cls.stage.id, **own}
        no_stage = {"company_id": False, "stage_id": False}
        cls.lead = cls._lead(**cls._targets(name="Nobody's"))
        cls.own_lead = cls._lead(**cls._targets(name="Somebody's", **own, **no_stage))
        cls.other_lead = cls._lead(
            **cls._targets(name="Double", partner_id=cls.double.id)
        )
        cls.deal = cls._lead(**cls._targets(name="Deal", **deal))
        cls.won = cls._lead(**cls._targets(name="Won", **deal))
        cls.lost = cls._lead(**cls._targets(name="Lost", **deal))
        cls.leads = cls.lead + cls.own_lead + cls.other_lead
        cls.leads += cls.deal + cls.won + cls.lost
        cls._rule(60, "[('name', '!=', False)]", name="All")
        cls._score()
        cls._decide_and_close()
        for lead in cls.leads:
            cls._write_about(lead)

    @classmethod
    def _decide_and_close(cls):
        """Keep their scores, and let one wait to be taken, one be won and one lost."""
        history = cls.env["lead.scoring.history"]
        history._record_decisions(cls.leads.ids, "created")
        cls._set_columns(cls.deal, handover="offered")
        cls.won.action_set_won()
        cls.lost.action_set_lost(lost_reason_id=cls.reason.id)
        cls._score()

    @classmethod
    def _write_about(cls, lead):
        """Add what people and visitors leave of a lead."""
        own = cls.env["lead.scoring.adjustment"].with_user(cls.leader).sudo()
        own.create({"lead_id": lead.id, "name": "Known", "points": 90})
        event = {"name": "Event", "lead_id": lead.id, "visitor_id": cls.visitor.id}
        cls.env["lead.scoring.event"].create(event)
        lead.activity_schedule("mail.mail_activity_data_call", user_id=cls.leader.id)
        if "lead.scoring.feedback" in cls.env:
            for user in cls.leader + cls.sales_manager:
                cls.env["lead.scoring.feedback"].with_user(user).sudo().create(
                    {"lead_id": lead.id, "verdict": "right", "user_id": user.id}
                )
        if "mailing.trace" in cls.env:
            cls.env["mailing.trace"].create(
                {
                    "model": "crm.lead",
                    "res_id": lead.id,
                    "email": "ann@acme.example",
                    "mass_mailing_id": cls.mailing.id,
                    "trace_status": "open",
                    "open_datetime": cls.env.cr.now(),
                }
            )

    # ------------------------------------------------------------------
    # Rules, scopes, filters
    # ------------------------------------------------------------------

    @classmethod
    def _conditions(cls):
        """Return conditions on leads, one for each record that may be gone."""
        records = [cls.ann, cls.double, cls.acme, cls.tag, cls.campaign, cls.source]
        records += [cls.medium, cls.industry, cls.lang, cls.company_b, cls.gone_team]
        records += [cls.stage, cls.reason, cls.seller, cls.visitor]
        asked = [(cls.names[record._name], "in", record.ids) for record in records]
        tree = ("child_of", "parent_of")
        return asked + [("partner_id", operator, cls.acme.ids) for operator in tree]

    @classmethod
    def _create_rules(cls):
        ids = {name: getattr(cls, name).id for name in ("page", "visitor", "mailing")}
        ids["mailing_list"] = cls.mailing_list.id
        sources = cls.env["lead.scoring.rule"]._fields["source"].get_values(cls.env)
        conditions = cls._conditions()
        for condition in conditions:
            cls._rule(1, repr([condition]))
        cls.rule = cls._rule(2, "[('tag_ids', '=', 'Gone')]", lang="fr_FR")
        for source, domain in SIGNALS.items():
            if source in sources:
                vals = {"source": source, "dimension": "interest"}
                cls._rule(3, domain.format(**ids), **vals)
        some = repr(["|"] * (len(conditions) - 1) + conditions)
        cls.scoped = cls.env["lead.scoring.model"].create(
            {"name": "Scoped", "state": "live", "sequence": 20, "domain": some}
        )
        cls.model_b = cls.env["lead.scoring.model"].create(
            {"name": "B", "state": "draft", "company_id": cls.company_b.id}
        )
        cls._rule(5, some, model_id=cls.scoped.id)
        cls._rule(5, some, model_id=cls.model_b.id)
        cls.some = some

    @classmethod
    def _create_results(cls):
        """Add what was found out, where its add-on is installed."""
        model = {"model_id": cls.model_b.id}
        rule = {"rule_id": cls.rule.id}
        company = {"company_id": cls.company_b.id}
        rows = {
            "lead.scoring.discovery": {"draft_id": cls.model_b.id, **model},
            "lead.scoring.prediction": model,
            "lead.scoring.quality": {**model, **company, "verdict": "missing"},
            "lead.scoring.rule.evidence": {**rule, **company},
        }
        made = {
            name: cls.env[name].sudo().create(vals)
            for name, vals in rows.items()
            if name in cls.env
        }
        if quality := made.get("lead.scoring.quality"):
            team = {"team_id": cls.gone_team.id, "kind": "many"}
            quality.symptom_ids = [Command.create({**team, **rule})]

    @classmethod
    def _create_seats(cls):
        """Let a team, and somebody of another one, take what all kinds ask for."""
        cls.team.assignment_domain = cls.some
        filters = {
            "assignment_domain": cls.some,
            "assignment_domain_preferred": cls.some,
        }
        places = {"assignment_max": 30, "crm_team_id": cls.gone_team.id}
        cls.seat, _other = cls.env["crm.team.member"].create(
            [
                {"user_id": cls.seller.id, **places, **filters},
                {"user_id": cls.leader.id, **places},
            ]
        )
        cls.sales_manager.group_ids = [
            Command.link(cls.env.ref("lead_scoring.group_scoring_manager").id)
        ]
