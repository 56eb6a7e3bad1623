from dataclasses import dataclass, field, replace

from odoo.tools import SQL, Query


@dataclass
class Program:
    """The rules that score the leads of one company, compiled to SQL on ``crm_lead``.

    :ivar query: Query on the scored leads, with the joins the terms need
    :ivar companies: condition: the leads of the company
    :ivar model: expression: id of the lead's scoring model, or NULL
    :ivar points: ``{rule: integer expression}``, what each rule gives the lead
    :ivar broken: ``{rule or model: exception}`` of what could not be compiled
    """

    query: Query
    companies: SQL
    model: SQL = field(default_factory=lambda: SQL("NULL::integer"))
    points: dict = field(default_factory=dict)
    broken: dict = field(default_factory=dict)

    def total(self, dimension):
        """Return the expression of the sum of all rules on one axis."""
        terms = [
            sql for rule, sql in self.points.items() if rule.dimension == dimension
        ]
        return SQL("(%s)", SQL(" + ").join(terms)) if terms else SQL("0")

    def select(self, where, *columns):
        """Return the query of ``columns`` for the leads that meet ``where``."""
        return SQL(
            "SELECT %s FROM %s WHERE %s AND (%s) AND (%s)",
            SQL(", ").join(columns),
            self.query.from_clause,
            self.query.where_clause or SQL("TRUE"),
            self.companies,
            where,
        )

    @staticmethod
    def merge(programs):
        """Return as few programs that do the same: most rules mean the same in every
        company, and one scan of the leads is cheaper than one for each.
        """
        merged = {}
        for program in programs:
            query = program.query
            key = (
                query.from_clause,
                query.where_clause,
                program.model,
                *program.points.items(),
            )
            if twin := merged.get(key):
                companies = SQL("%s OR %s", twin.companies, program.companies)
                broken = {**twin.broken, **program.broken}
                merged[key] = replace(twin, companies=companies, broken=broken)
            else:
                merged[key] = program
        return list(merged.values())
