"""What happens inside Odoo: fields, rules, leads, pass, outcomes, conversion."""

import psycopg2

from odoo.exceptions import UserError
from odoo.tools import split_every

from scripts.console import DevError, shorten, step
from scripts.loading import mapping as mappings
from scripts.loading import table

CHUNK = 1000
# An import of old leads: nobody's, and nobody is to be told of it.
CONTEXT = {
    "default_type": "lead",
    "default_user_id": False,
    "default_team_id": False,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "tracking_disable": True,
}


def run(env, csv_path, mapping_path, open_share):
    """Load a file into a fresh database, and score, close and convert its leads.

    :return: what came out, for `report.text`; or only an ``error``
    """
    mapping = mappings.read(mapping_path)
    rows = table.read(csv_path, mapping)
    try:
        emptied, leads = load(env, mapping, rows)
    except (DevError, UserError) as error:
        return {"error": " ".join(str(error).split())}
    env.cr.commit()
    with step("Scoring the leads"):
        run_cron(env)
    closed = len(rows) - round(len(rows) * open_share) if mapping.outcome else 0
    close(leads[:closed], rows[:closed])
    settings = {"convert_by_score": True, "company_id": False}
    env["crm.team"].create([{**team, **settings} for team in mapping.teams])
    env.cr.commit()
    with step("Scoring and converting the open leads"):
        run_cron(env)
    return {
        "emptied": emptied,
        "leads": [
            describe(lead, row, is_open=position >= closed)
            for position, (lead, row) in enumerate(zip(leads, rows, strict=True))
        ],
    }


def load(env, mapping, rows):
    """Create custom fields, rules and leads: all of them or, when something is wrong,
    none.

    :return: what was emptied, ``{column: {value: how often}}``, and the leads
    :raise DevError: the row and what is wrong with it
    """
    with env.cr.savepoint():
        create_fields(env, mapping)
        leads = env["crm.lead"].with_context(**CONTEXT)
        check_fields(leads, mapping)
        emptied = {
            name: match(env, name, column, rows)
            for name, column in mapping.columns.items()
            if leads._fields[column.field].type == "many2one"
        }
        create_rules(env, mapping)
        ids = []
        for chunk in split_every(CHUNK, rows, list):
            with step(f"Loading leads {len(ids) + 1:,} to {len(ids) + len(chunk):,}"):
                ids += load_chunk(leads, mapping, chunk)
    return emptied, leads.browse(ids)


def check_fields(leads, mapping):
    """Refuse fields that leads don't have, or that one value can't fill."""
    for name, column in mapping.columns.items():
        field = leads._fields.get(column.field)
        if field is None:
            raise DevError(f"Column «{name}»: leads have no field «{column.field}».")
        is_list = field.type in ("one2many", "many2many")
        if field.readonly or is_list or not field.store:
            raise DevError(f"Column «{name}»: «{column.field}» can't be loaded.")


def create_fields(env, mapping):
    """Create the custom fields that leads don't have yet."""
    known = env["crm.lead"]._fields
    env["ir.model.fields"].create(
        [
            {
                "name": column.field,
                "ttype": column.type,
                "field_description": column.label or column.field,
                "model_id": env.ref("crm.model_crm_lead").id,
            }
            for column in mapping.columns.values()
            if column.type and column.field not in known
        ]
    )


def match(env, name, column, rows):
    """Find, or do what the mapping says about, the record that each value names.

    :return: how often each value was emptied
    """
    records = env[env["crm.lead"]._fields[column.field].comodel_name]
    numbers = {}
    for row in rows:
        if row.values[column.field]:
            numbers.setdefault(row.values[column.field], []).append(row.number)
    unknown = {}
    for value, where in numbers.items():
        found = records.name_search(value, operator="=", limit=2)
        if len(found) == 1:
            continue
        if not found and column.unmatched == "create":
            create_named(records, name, value, min(where))
        elif column.unmatched == "empty":
            unknown[value] = len(where)
        else:
            raise DevError(
                f"Row {min(where)}: «{name}» is «{shorten(value, 60)}», the name of "
                f"{'several' if found else 'no'} {records._description}. Replace it "
                "by «values» of the mapping, or say «unmatched»."
            )
    for row in rows:
        if row.values[column.field] in unknown:
            row.values[column.field] = ""
    return unknown


def create_named(records, name, value, number):
    """Create the record that a value names."""
    try:
        with records.env.cr.savepoint():
            records.name_create(value)
    # some models ask for more than a name, and languages even trip over its lack
    except (UserError, psycopg2.Error, KeyError) as error:
        raise DevError(
            f"Row {number}: «{name}» is «{shorten(value, 60)}», of which no "
            f"{records._description} could be created: {brief(error)}. Say another "
            "«unmatched» in the mapping."
        ) from error


def brief(error):
    """What an error says, without the details of the database."""
    if isinstance(error, KeyError):
        return f"it needs {error}, too"
    return str(error).partition("\n")[0].rstrip(".")


def create_rules(env, mapping):
    """Create a scoring model before all others, with the rules of the mapping."""
    if not mapping.rules:
        return
    settings = {"name": "Loaded leads", "state": "live", "sequence": 0}
    try:
        with env.cr.savepoint():
            model = env["lead.scoring.model"].create({**settings, **mapping.model})
    except (UserError, psycopg2.Error) as error:
        raise DevError(f"«model» of the mapping: {brief(error)}.") from error
    for rule in mapping.rules:
        values = {**rule, "domain": repr(rule["domain"]), "model_id": model.id}
        try:
            env["lead.scoring.rule"].create(values)
        except (UserError, ValueError) as error:
            raise DevError(f"Rule «{rule['name']}»: {error}") from error
        except psycopg2.Error as error:
            raise DevError(f"Rule «{rule['name']}»: {brief(error)}.") from error


def load_chunk(leads, mapping, rows):
    """Load some rows by Odoo's import; the ids of the leads."""
    names = {column.field: name for name, column in mapping.columns.items()}
    result = leads.load(list(names), [list(row.values.values()) for row in rows])
    if not result["messages"] and result["ids"]:
        return result["ids"]
    for message in result["messages"]:
        number = rows[message.get("rows", {}).get("from", 0)].number
        where = names.get(message.get("field"))
        column = f", «{where}»" if where else ""
        raise DevError(f"Row {number}{column}: {message['message']}")
    raise DevError(f"Rows from {rows[0].number} on: Odoo loaded nothing.")


def run_cron(env):
    """Run the scheduled action, as its button does."""
    env.ref("lead_scoring.ir_cron_score_leads").method_direct_trigger()
    env.cr.rollback()  # to see what the action has committed
    env.invalidate_all()


def close(leads, rows):
    """Convert the older leads, whose end is known, and win or lose them. What they
    scored until then stays.
    """
    won = {lead.id for lead, row in zip(leads, rows, strict=True) if row.won}
    for ids in split_every(CHUNK, leads.ids, list):
        with step(f"Closing {len(ids):,} leads with a known end"):
            chunk = leads.browse(ids)
            chunk.convert_opportunity(leads.env["res.partner"])
            chunk.filtered(lambda lead: lead.id in won).action_set_won()
            chunk.filtered(lambda lead: lead.id not in won).action_set_lost()
            leads.env.cr.commit()


def describe(lead, row, is_open):
    """What became of one lead, for the report."""
    reasons = dict(lead.score_id._fields["waiting_reason"].selection)
    return {
        "score": lead.score,
        "temperature": lead.temperature,
        "won": row.won,
        "open": is_open,
        "team": lead.team_id.name if is_open and lead.type == "opportunity" else None,
        "waiting": reasons.get(lead.score_id.waiting_reason),
    }
