def pre_init_hook(env):
    """Judge the bounces and clicks there are, in a statement each, before the ORM adds
    the columns: it would date every bounce today, and read one by one.

    An old click is a machine's by its time since sending alone.
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
