import base64
from collections import Counter, deque

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import Query

from ..models.rule.lead_scoring_access_check import OWN_RECORDS, POINTED_TO
from .common import LeadScoringCommon

HOPS = 3


class ReachCommon(LeadScoringCommon):
    """A lead of a manager, and what colleagues and another company have of its contact.

    ``manager`` has one company of two, ``both`` has all; neither sees the orders of
    colleagues.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        group = "lead_scoring.group_scoring_manager"
        mine = cls.company.ids
        cls.manager = cls._user("reach", group, company_ids=mine)
        every = cls.env["res.company"].with_context(active_test=False).search([])
        cls.both = cls._user("reach-all", group, company_ids=every.ids)
        cls.colleague = cls._user(
            "reach-colleague", "sales_team.group_sale_salesman", company_ids=every.ids
        )
        category = cls.env["res.partner.category"].create({"name": "Reach"})
        cls.contact = cls.env["res.partner"].create(
            {"name": "Contact", "category_id": category.ids}
        )
        # whoever bought elsewhere
        cls.env["res.partner"].create(
            {
                "name": "Contact elsewhere",
                "company_id": cls.elsewhere.id,
                "category_id": category.ids,
            }
        )
        cls.lead = cls._lead(
            user_id=cls.manager.id, partner_id=cls.contact.id, company_id=mine[0]
        )
        foreign = {"company_id": cls.elsewhere.id, "partner_id": cls.contact.id}
        cls._lead(name="Secret lead", **foreign)
        cls._hide_contacts()
        cls.channel = cls.env["discuss.channel"].create(
            {"name": "Secret channel", "channel_type": "group"}
        )
        cls.channel._add_members(partners=cls.contact)
        cls.channel.message_post(body="salary of Ann", message_type="comment")
        if "sale.order" in cls.env:
            orders = cls.env["sale.order"]
            partner = {"partner_id": cls.contact.id}
            orders.create({**partner, "user_id": cls.colleague.id, "origin": "Theirs"})
            orders.create({**foreign, "user_id": False, "origin": "Elsewhere"})

    @classmethod
    def _hide_contacts(cls):
        """Tie contacts of the other company to leads of the manager."""
        partners = cls.env["res.partner"]
        names = ("Kid", "Head office", "Visitor", "Writer")
        kid, head_office, visitor, writer = partners.create(
            [{"name": f"{name} elsewhere", "comment": "Secret"} for name in names]
        )
        kid.parent_id = cls.contact
        branch = partners.create({"name": "Branch", "parent_id": head_office.id})
        # a contact may be of all companies though the one above it is not
        hidden = kid + head_office + visitor + writer
        cls._set_columns(hidden, company_id=cls.elsewhere.id)
        below = cls._lead(partner_id=branch.id, company_id=cls.company.id)
        cls._visitor(below, partner=visitor, pages=["/price"])
        below.message_post(body="Yes", author_id=writer.id, message_type="email")
        below.message_subscribe(writer.ids)
        stranger = cls._user(
            "reach-elsewhere",
            "sales_team.group_sale_salesman",
            company_id=cls.elsewhere.id,
            company_ids=cls.elsewhere.ids,
        )
        cls._set_columns(below, create_uid=stranger.id)

    def _check(self, user, text, model="crm.lead"):
        return self.env["lead.scoring.rule.check"].with_user(user)._check(model, text)

    def assertRefused(self, user, text, *parts, model="crm.lead"):
        with self.subTest(text=text), self.assertRaises(ValidationError) as caught:
            self._check(user, text, model)
        for part in parts:
            self.assertIn(part, str(caught.exception))


@tagged("post_install", "-at_install")
class TestRuleReach(ReachCommon):
    """A rule tells its author nothing that a search would not."""

    def test_private_channels_are_out_of_reach(self):
        body = "'channel_ids.message_ids.body', 'ilike', 'salary'"
        for text in (
            f"[('partner_id.{body[1:]})]",
            f"[('partner_id', 'any', [({body})])]",
            "[('partner_id.channel_ids.name', '=', 'Secret channel')]",
            "[('partner_id.channel_ids', '=', 'Secret channel')]",
            "[('partner_id.channel_ids', 'not any', [('name', 'ilike', 'S')])]",
            "['!', ('partner_id.channel_ids.name', 'ilike', 'S')]",
            "[('user_id.partner_id.channel_ids.name', 'ilike', 'S')]",
        ):
            for user in (self.manager, self.both):
                self.assertRefused(user, text, "may not see all", "Use fields")

    def test_messages_of_other_records_are_out_of_reach(self):
        text = "[('message_ids.parent_id.body', 'ilike', 'x')]"
        self.assertRefused(self.both, text, "may not see all")

    def test_orders_of_colleagues_and_other_companies_are_out_of_reach(self):
        if "sale.order" not in self.env:
            self.skipTest("no orders")
        admin = self._user(
            "reach-admin",
            "sales_team.group_sale_manager",
            company_ids=self.company.ids,
        )
        for user in (self.manager, self.both, admin):
            for origin in ("Theirs", "Elsewhere"):
                self.assertRefused(
                    user,
                    f"[('partner_id.sale_order_ids.origin', '=', '{origin}')]",
                    "Sales Order",
                )

    def test_who_sees_all_orders_may_ask_for_them(self):
        if "sale.order" not in self.env:
            self.skipTest("no orders")
        admin = self._user(
            "reach-admin",
            "sales_team.group_sale_manager",
            company_ids=self.both.company_ids.ids,
        )
        self._check(admin, "[('partner_id.sale_order_ids.origin', '=', 'Theirs')]")

    def test_orders_are_counted_by_whoever_but_compared_by_who_sees_them(self):
        if "lead_scoring_sale" not in self.env["ir.module.module"]._installed():
            self.skipTest("no orders")
        self._check(self.manager, "[]", "sale.order")
        self.assertRefused(
            self.manager, "[('origin', '=', 'x')]", "Count them", model="sale.order"
        )

    def test_leads_of_other_companies_are_out_of_reach(self):
        path = "partner_id.opportunity_ids.name"
        self.assertRefused(self.manager, f"[('{path}', 'ilike', 'secret')]", "Lead")
        self._check(self.both, f"[('{path}', 'ilike', 'secret')]")

    def test_contacts_of_other_companies_are_out_of_reach(self):
        path = "partner_id.category_id.partner_ids.name"
        self.assertRefused(self.manager, f"[('{path}', 'ilike', 'x')]", "Contact")
        self._check(self.both, f"[('{path}', 'ilike', 'x')]")

    def test_contacts_of_other_companies_are_out_of_reach_by_any_way(self):
        for model, path in (
            ("crm.lead", "partner_id.child_ids.comment"),
            ("crm.lead", "partner_id.parent_id.comment"),
            ("crm.lead", "partner_id.commercial_partner_id.comment"),
            ("crm.lead", "visitor_ids.partner_id.comment"),
            ("crm.lead", "visitor_ids.partner_id"),
            ("crm.lead", "message_ids.author_id.comment"),
            ("crm.lead", "message_ids.author_id"),
            ("crm.lead", "message_follower_ids.partner_id.comment"),
            ("crm.lead", "create_uid.company_id.partner_id.child_ids.comment"),
            ("crm.lead", "create_uid.company_id.name"),
            ("crm.lead", "user_id.company_id"),
            ("crm.lead", "user_id.sale_team_id.message_ids.body"),
            ("crm.lead", "company_id.parent_id.name"),
            ("website.track", "visitor_id.partner_id.comment"),
            ("mail.message", "author_id.comment"),
            ("mail.message", "author_id.user_ids.login"),
        ):
            text = f"[('{path}', 'ilike', 'x')]"
            self.assertRefused(self.manager, text, "refers to", "Use", model=model)
            with self.subTest(path=path, user="of all companies"):
                self._check(self.both, text, model)

    def test_paths_of_ordinary_use_are_open(self):
        for text in (
            "[('partner_id.category_id.name', '=', 'VIP')]",
            "[('partner_id', 'child_of', 1)]",
            "[('partner_id', 'ilike', 'x')]",
            "[('country_id.code', '=', 'BE'), ('state_id.name', '!=', 'x')]",
            "[('tag_ids.name', '=', 'Hot'), ('campaign_id.name', 'ilike', 'x')]",
            "[('stage_id.is_won', '=', False), ('team_id.name', 'ilike', 'x')]",
            "[('user_id.name', 'ilike', 'x'), ('company_id.name', '=', 'x')]",
            "[('user_id', 'ilike', 'x'), ('company_id', 'ilike', 'x')]",
            "[('create_uid', '=', 1), ('create_uid', '!=', False)]",
            "[('partner_id.child_ids', '!=', False)]",
            "[('user_id.partner_id.country_id.code', '=', 'BE')]",
            "[('activity_ids.summary', 'ilike', 'x')]",
            "[('message_ids.body', 'ilike', 'x')]",
            "[('calendar_event_ids.name', 'ilike', 'x')]",
            "[('visitor_ids.lang_id.code', '=', 'en_US')]",
            "[('score_pageview_ids.url', 'ilike', '/price')]",
            "[('score_pageview_ids', 'any', [('url', 'ilike', '/price')])]",
            "[('score_won_count', '>', 0), ('score_visit_count', '>=', 2)]",
            "[('activity_state', '!=', 'overdue')]",
        ):
            for user in (self.manager, self.both):
                with self.subTest(text=text, user=user.login):
                    self._check(user, text)

    def test_search_method_reads_no_more_than_its_author(self):
        def search(leads, operator, value):
            return Domain("partner_id.channel_ids.name", "ilike", "Secret")

        self.patch(self.env.registry["crm.lead"], "_search_score_won_count", search)
        text = "[('score_won_count', '>', 0)]"
        self.assertRefused(self.both, text, "«Won Before»", "may not see all")
        text = "[('partner_id.opportunity_ids.score_won_count', '>', 0)]"
        self.assertRefused(self.both, text, "«Won Before»", "may not see all")

    def test_scope_of_a_model_is_checked(self):
        models = self.env["lead.scoring.model"].with_user(self.both)
        with self.assertRaisesRegex(ValidationError, "«Peek».*may not see all"):
            models.create(
                {"name": "Peek", "domain": "[('partner_id.channel_ids.name', '=', 1)]"}
            )

    def test_filters_of_teams_and_members_are_checked(self):
        manager = self._user("reach-sales", "sales_team.group_sale_manager")
        member = self.env["crm.team.member"].create(
            {"crm_team_id": self.team.id, "user_id": self.colleague.id}
        )
        hidden = "[('partner_id.channel_ids.name', 'ilike', 'S')]"
        usual = "[('country_id.code', '=', 'BE'), ('score', '>', 3)]"
        for record, field in (
            (self.team, "assignment_domain"),
            (member, "assignment_domain"),
            (member, "assignment_domain_preferred"),
        ):
            with self.subTest(record=record, field=field):
                mine = record.with_user(manager)
                mine[field] = usual
                with self.assertRaisesRegex(ValidationError, "may not see all"):
                    mine[field] = hidden
                record[field] = hidden

    # ------------------------------------------------------------------
    # What managers have by default
    # ------------------------------------------------------------------

    def _authors(self):
        yield self.manager
        yield self._user("reach-admin", "sales_team.group_sale_manager")

    def _all_models(self):
        return self.env["lead.scoring.model"].with_context(active_test=False).search([])

    def test_rules_that_come_with_add_ons_can_be_saved_and_changed(self):
        rules = self._all_models().rule_ids
        self.assertGreater(len(rules), 40)
        changed = "[('id', '!=', 0)]"
        for author in self._authors():
            for rule in rules.with_user(author):
                with self.subTest(author=author.login, rule=rule.name):
                    text = rule.domain
                    self._check(author, text, rule.source_model)
                    rule.domain = text
                    rule.domain = text if rule.source == "order" else changed
                    rule.domain = text

    def test_models_that_come_with_add_ons_can_be_copied_and_imported(self):
        for author in self._authors():
            for scoring_model in self._all_models().with_user(author):
                with self.subTest(author=author.login, model=scoring_model.name):
                    rules = scoring_model.with_context(active_test=False).rule_ids
                    scoring_model.action_new_version()
                    copy = scoring_model.copy()
                    self.assertEqual(len(copy.rule_ids), len(rules))
                    content = base64.b64decode(scoring_model.export_file)
                    imported = scoring_model._from_file(content)
                    self.assertEqual(imported.domain, scoring_model.domain)

    def test_what_was_checked_once_is_copied_unchecked(self):
        hidden = "[('partner_id.channel_ids.name', 'ilike', 'S')]"
        self._rule(5, hidden, name="Theirs")
        scoring_model = self.scoring_model.with_user(self.both)
        draft = scoring_model.copy()
        self.assertEqual(draft.rule_ids.domain, hidden)
        mine = draft.rule_ids
        mine.write({"domain": hidden, "value": 7})
        mine.name = "Mine"
        content = base64.b64decode(scoring_model.export_file)
        self.assertEqual(scoring_model._from_file(content).rule_ids.domain, hidden)
        with self.assertRaisesRegex(ValidationError, "«Mine».*may not see all"):
            mine.domain = hidden.replace("'S'", "'T'")

    def test_what_one_may_not_read_is_checked_when_written_again(self):
        hidden = "[('partner_id.channel_ids.name', 'ilike', 'S')]"
        theirs = self.env["lead.scoring.model"].create(
            {"name": "Theirs", "company_id": self.elsewhere.id}
        )
        rule = self._rule(5, hidden, model_id=theirs.id)
        with self.assertRaises(AccessError):
            rule.with_user(self.manager).copy({"model_id": self.scoring_model.id})
        vals = {"name": "Guess", "value": 1, "model_id": self.scoring_model.id}
        with self.assertRaisesRegex(ValidationError, "may not see all"):
            self.env["lead.scoring.rule"].with_user(self.manager).create(
                {**vals, "domain": hidden}
            )


@tagged("post_install", "-at_install")
class TestEveryPath(ReachCommon):
    """All relational fields within three hops from a lead or a signal."""

    def _paths(self, user):
        """Yield a shortest path to each relational field that the user may search: the
        name of the model that it begins at, the path, and the field.
        """
        sources = self.env["lead.scoring.source"]._get_all().values()
        names = ["crm.lead", *sorted({source.model for source in sources})]
        queue, seen = deque((name, name, ()) for name in names), set()
        while queue:
            start, name, path = queue.popleft()
            records = self.env[name].with_user(user)
            described = records.fields_get(attributes=["relation", "searchable"])
            for field_name, description in described.items():
                field = records._fields[field_name]
                target = description.get("relation")
                if target not in self.env or not description.get("searchable"):
                    continue
                if str(field) in seen:
                    continue
                seen.add(str(field))
                found = (*path, field_name)
                yield start, ".".join(found), field
                if len(found) < HOPS:
                    queue.append((start, target, found))

    def _is_accepted(self, records, domain):
        try:
            # what can't be searched, or may not be, is refused before
            with self.env["lead.scoring.rule.check"]._explaining(domain):
                records._search(domain)
                self.env["lead.scoring.access.check"]._check(records, domain)
        except ValidationError:
            return False
        return True

    def _sql(self, records, domain):
        query = Query(records.env, records._table, records._table_sql)
        sql = domain.optimize_full(records)._to_sql(records, records._table, query)
        return sql.code, sql.params

    def test_accepted_path_tells_what_a_search_finds(self):
        numbers = Counter()
        for user in (self.manager, self.both):
            for start, path, field in self._paths(user):
                records = self.env[start].with_user(user)
                domain = Domain(path, "any", Domain("id", ">", 0))
                accepted = self._is_accepted(records, domain)
                numbers[accepted] += 1
                if not accepted or str(field) in {*OWN_RECORDS, *POINTED_TO}:
                    continue
                # the same query finds the same
                if self._sql(records, domain) == self._sql(records.sudo(), domain):
                    continue
                numbers["searched"] += 1
                with self.subTest(path=f"{start}: {path}", user=user.login):
                    told = records.sudo().search(domain)
                    mine = records.search([("id", "in", told.ids)]).sudo()
                    self.assertEqual(mine, records.search(domain).sudo())
        self.assertGreater(numbers[True], 200)
        self.assertGreater(numbers[False], 50)
