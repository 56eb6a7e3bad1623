"""What must hold after every run, whatever happened before: each as a query of the ids
of what breaks it. They hold for the world of ``world.py``, in which nobody sends leads
back by hand, merges them or publishes silently, at the end of a full run with nothing
else running.
"""

from . import world

OPEN_LEADS = f"""FROM lead_scoring_score score
    JOIN crm_lead ON crm_lead.id = score.lead_id AND {world.OPEN}
    LEFT JOIN lead_scoring_model model ON model.id = score.model_id"""

BAND_IS_WRONG = """CASE
    WHEN score.{axis} > 0 AND score.{axis} >= 2 * model.{axis}_floor
        THEN score.{axis}_band <> 'high'
    ELSE CASE score.{axis}_band
        WHEN 'high' THEN TRUE
        WHEN 'reached'
            THEN COALESCE(score.{axis} < model.{axis}_floor - model.margin, TRUE)
        WHEN 'some' THEN score.{axis} <= 0
                         OR COALESCE(score.{axis} >= model.{axis}_floor, FALSE)
        ELSE score.{axis} > 0 OR COALESCE(score.{axis} >= model.{axis}_floor, FALSE)
    END END"""

# Of each message that says that leads became hot, the leads: a message of several names
# them by links.
TOLD = r"""SELECT message.id AS message_id,
           COALESCE(link.lead_id, message.res_id) AS lead_id
      FROM mail_message message
      LEFT JOIN LATERAL (
           SELECT match[1]::integer AS lead_id
             FROM regexp_matches(message.body, 'res_id=(\d+)', 'g') AS match
           ) AS link ON message.model IS NULL
     WHERE message.message_type = 'user_notification'
       AND message.subject LIKE '%became hot'"""

CHECKS = {
    "a lead has one score row": """
        SELECT crm_lead.id FROM crm_lead
          LEFT JOIN lead_scoring_score score ON score.lead_id = crm_lead.id
         WHERE score.id IS DISTINCT FROM crm_lead.score_id OR score.id IS NULL""",
    "the score is fit and interest": """
        SELECT lead_id FROM lead_scoring_score WHERE score <> fit + interest""",
    "points are those that the rules give": f"""
        SELECT score.lead_id {OPEN_LEADS}
         WHERE crm_lead.do_not_score IS NOT TRUE
           AND (score.fit <> {world.points("fit")}
                OR score.interest <> {world.points("interest")})
            OR crm_lead.do_not_score AND (score.fit <> 0 OR score.interest <> 0)""",
    "matches of rules are those of a recount": world.recounted_matches(),
    "bands follow from the points": f"""
        SELECT score.lead_id {OPEN_LEADS}
         WHERE {BAND_IS_WRONG.format(axis="fit")}
            OR {BAND_IS_WRONG.format(axis="interest")}""",
    "the temperature follows from the score": f"""
        SELECT score.lead_id {OPEN_LEADS}
         WHERE COALESCE(CASE crm_lead.temperature
               WHEN 'hot' THEN score.score < model.hot_score - model.margin
               WHEN 'warm' THEN score.score < model.warm_score - model.margin
                                OR score.score >= model.hot_score
               ELSE score.score >= model.warm_score END,
               crm_lead.temperature <> 'cold')""",
    "the segment follows from the bands": f"""
        SELECT score.lead_id {OPEN_LEADS}
         WHERE crm_lead.segment <> CASE
               WHEN score.fit_band IN ('reached', 'high') THEN
                   CASE WHEN score.interest_band IN ('reached', 'high') THEN 'sales'
                        WHEN score.interest_band = 'some' THEN 'nurture'
                        ELSE 'remarket' END
               WHEN score.interest_band IN ('reached', 'high') THEN 'remarket'
               ELSE 'discard' END""",
    "a crossing is kept once, and none is lost": """
        SELECT lead_id FROM (
            SELECT history.lead_id, history.temperature, crm_lead.temperature AS now,
                   lag(history.temperature) OVER by_lead AS before,
                   lead(history.temperature) OVER by_lead AS after
              FROM lead_scoring_history history
              JOIN crm_lead ON crm_lead.id = history.lead_id
             WHERE history.reason = 'crossing' AND crm_lead.do_not_score IS NOT TRUE
            WINDOW by_lead AS (PARTITION BY history.lead_id
                               ORDER BY history.date, history.id)
        ) AS crossing
         WHERE temperature = before OR after IS NULL AND temperature <> now
        UNION ALL
        SELECT id FROM crm_lead
         WHERE temperature <> 'cold' AND do_not_score IS NOT TRUE AND NOT EXISTS (
               SELECT FROM lead_scoring_history
                WHERE lead_id = crm_lead.id AND reason = 'crossing')""",
    "who is responsible is told once of a hot lead": f"""
        SELECT lead_id FROM (
            SELECT crm_lead.id AS lead_id, crm_lead.referred,
                   (SELECT count(*) FROM lead_scoring_history history
                     WHERE history.lead_id = crm_lead.id
                       AND reason = 'crossing' AND temperature = 'hot') AS hot,
                   count(told.message_id) AS told
              FROM crm_lead LEFT JOIN ({TOLD}) AS told ON told.lead_id = crm_lead.id
             GROUP BY crm_lead.id
        ) AS counted
         WHERE told > hot OR told < hot AND referred = '{world.OWNED}'""",
    "a conversion is kept once": """
        SELECT COALESCE(kept.lead_id, said.lead_id)
          FROM (SELECT lead_id, count(*) FROM lead_scoring_history
                 WHERE reason = 'converted' AND by_score GROUP BY lead_id) AS kept
          FULL JOIN (
               SELECT res_id AS lead_id, count(*)
                 FROM mail_message
                WHERE model = 'crm.lead' AND body ~ 'Score -?[0-9]+ reached|at random'
                GROUP BY res_id
               ) AS said USING (lead_id)
         WHERE kept.count IS DISTINCT FROM said.count""",
    "a lead qualifies once, and is created once": """
        SELECT lead_id FROM lead_scoring_history
         WHERE reason IN ('qualified', 'created')
         GROUP BY lead_id, reason HAVING count(*) > 1
        UNION ALL
        SELECT score.lead_id FROM lead_scoring_score score
          LEFT JOIN lead_scoring_history history
            ON history.lead_id = score.lead_id AND history.reason = 'qualified'
         WHERE (score.qualified_at IS NULL) <> (history.id IS NULL)
            OR score.created_due <= timezone('UTC', now())""",
    "a handover is of an opportunity with a team": """
        SELECT id FROM crm_lead
         WHERE handover = 'offered' AND (type <> 'opportunity' OR team_id IS NULL)
            OR type = 'opportunity' AND handover = 'returned'""",
    "nobody is given more than the capacity": f"""
        SELECT member.id FROM crm_team_member member
          JOIN crm_lead ON crm_lead.user_id = member.user_id
                       AND crm_lead.team_id = member.crm_team_id
         WHERE crm_lead.referred IS DISTINCT FROM '{world.OWNED}'
           AND crm_lead.date_open >= timezone('UTC', now()) - interval '30 days'
         GROUP BY member.id HAVING count(*) > member.assignment_max""",
    "a qualifying call is planned once": """
        SELECT res_id FROM mail_activity
         WHERE res_model = 'crm.lead' AND active AND summary LIKE 'Qualifying call%'
         GROUP BY res_id HAVING count(*) > 1""",
    "why a lead waits is right": f"""
        SELECT score.lead_id FROM lead_scoring_score score
          JOIN crm_lead ON crm_lead.id = score.lead_id
         CROSS JOIN (SELECT min(minimum_score) AS minimum FROM crm_team
                      WHERE active AND convert_by_score) AS lowest
          LEFT JOIN crm_team own ON own.id = crm_lead.team_id AND own.convert_by_score
                                AND crm_lead.user_id IS NOT NULL
         WHERE (score.waiting_reason IS NULL) <> (score.waiting_since IS NULL)
            OR (score.waiting_reason IS NOT NULL)
               <> ({world.OPEN} AND crm_lead.type = 'lead')
            OR crm_lead.do_not_score AND {world.OPEN} AND crm_lead.type = 'lead'
               AND score.waiting_reason <> 'do_not_score'
            OR CASE score.waiting_reason
               WHEN 'below_minimum' THEN score.score >= COALESCE(own.minimum_score,
                                                                 lowest.minimum)
               WHEN 'answers' THEN score.score < lowest.minimum END
            OR score.routing_error IS NOT NULL""",
    "nothing is left of a lead that is gone": """
        SELECT lead_id FROM lead_scoring_score
         WHERE NOT EXISTS (SELECT FROM crm_lead WHERE crm_lead.id = lead_id)
        UNION ALL
        SELECT lead_id FROM lead_scoring_history
         WHERE NOT EXISTS (SELECT FROM crm_lead WHERE crm_lead.id = lead_id)
        UNION ALL
        SELECT lead_id FROM lead_scoring_adjustment
         WHERE NOT EXISTS (SELECT FROM crm_lead WHERE crm_lead.id = lead_id)
        UNION ALL
        SELECT res_id FROM mail_activity
         WHERE res_model = 'crm.lead'
           AND NOT EXISTS (SELECT FROM crm_lead WHERE crm_lead.id = res_id)""",
    "no pass or learning is left unfinished": """
        SELECT id FROM lead_scoring_pass WHERE date_end IS NULL
        UNION ALL
        SELECT id FROM lead_scoring_discovery WHERE job_state IN ('queued', 'running')
        UNION ALL
        SELECT id FROM lead_scoring_prediction WHERE job_state IN ('queued', 'running')
        UNION ALL
        SELECT model_id FROM lead_scoring_prediction WHERE state = 'current'
         GROUP BY model_id HAVING count(*) > 1""",
    "no scheduled action fails": """
        SELECT cron.id FROM ir_cron cron
          JOIN ir_model_data data ON data.model = 'ir.cron' AND data.res_id = cron.id
         WHERE data.module LIKE 'lead_scoring%'
           AND (cron.failure_count > 0 OR NOT cron.active)""",
    "no rule or model is marked as broken": """
        SELECT id FROM lead_scoring_rule WHERE error IS NOT NULL
        UNION ALL SELECT id FROM lead_scoring_model WHERE error IS NOT NULL""",
}
"""``{what must hold: the query of the ids of what breaks it}``"""


def violations(cr):
    """Return ``{what does not hold: sorted ids}``."""
    found = {}
    for name, query in CHECKS.items():
        cr.execute(query)
        if ids := sorted({row[0] for row in cr.fetchall()}):
            found[name] = ids
    return found


def unexplained(env, count=20):
    """Return the ids of leads, of a sample of ``count``, whose explanation does not sum
    to their score.
    """
    env.cr.execute(
        f"""SELECT crm_lead.id FROM crm_lead JOIN lead_scoring_score score
              ON score.lead_id = crm_lead.id
             WHERE {world.OPEN} ORDER BY md5(crm_lead.id::text) LIMIT %s""",
        [count],
    )
    leads = env["crm.lead"].browse([row[0] for row in env.cr.fetchall()])
    return [
        lead.id
        for lead in leads
        if not lead.score
        == lead.score_explanation["score"]
        == sum(line["points"] for line in lead.score_explanation["rules"])
    ]
