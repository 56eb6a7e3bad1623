def pre_init_hook(env):
    """Fill two new columns of the traces and clicks that there are, by SQL: the ORM
    would date all bounces today, and take the records one by one.

    Of old clicks, only those within seconds of sending are taken for a machine's.
    """
    env.cr.execute(
        """ALTER TABLE mailing_trace ADD COLUMN IF NOT EXISTS bounce_datetime timestamp;
           UPDATE mailing_trace SET bounce_datetime = write_date
            WHERE trace_status = 'bounce';
           ALTER TABLE link_tracker_click ADD COLUMN IF NOT EXISTS is_machine boolean;
           UPDATE link_tracker_click click
              SET is_machine = TRUE
             FROM mailing_trace trace
            WHERE trace.id = click.mailing_trace_id
              AND click.create_date < trace.sent_datetime + interval '5 seconds'"""
    )
