-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger of schema 2 on PostgreSQL, as `pg_dump --inserts --no-owner --no-privileges` writes it, without its settings.
CREATE TABLE public.budget (
    name text NOT NULL,
    limit_nano bigint NOT NULL,
    currency text NOT NULL,
    period text NOT NULL,
    timezone text NOT NULL,
    first_day integer NOT NULL,
    anchor_day integer NOT NULL,
    anchor_month integer NOT NULL,
    period_begin bigint,
    period_end bigint,
    fed_by text NOT NULL,
    basis text NOT NULL,
    max_staleness_s bigint NOT NULL,
    categories text NOT NULL,
    projects text NOT NULL,
    tags text NOT NULL,
    thresholds text NOT NULL
);
CREATE TABLE public.dimension_set (
    id bigint NOT NULL,
    fingerprint text NOT NULL,
    charge_category text NOT NULL,
    category text NOT NULL,
    cloud text,
    region text,
    project_id text,
    project_name text,
    currency text NOT NULL,
    tags text NOT NULL
);
CREATE SEQUENCE public.dimension_set_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.dimension_set_id_seq OWNED BY public.dimension_set.id;
CREATE TABLE public.entry (
    id bigint NOT NULL,
    source text NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    reverses bigint,
    dimension_set_id bigint NOT NULL,
    metric text,
    resource_id text,
    resource_name text,
    resource_type text,
    period_begin bigint NOT NULL,
    period_end bigint NOT NULL,
    quantity text,
    unit text,
    amount_nano bigint NOT NULL,
    description text,
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL
);
CREATE SEQUENCE public.entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.entry_id_seq OWNED BY public.entry.id;
CREATE TABLE public.feed (
    id bigint NOT NULL,
    auth_url text NOT NULL,
    region text NOT NULL,
    project_id text NOT NULL,
    cloud text,
    project_name text NOT NULL,
    currency text NOT NULL,
    collect_period_s integer NOT NULL,
    rated_through bigint NOT NULL,
    tags_imported boolean NOT NULL
);
CREATE TABLE public.feed_carried (
    feed_id bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL
);
CREATE SEQUENCE public.feed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.feed_id_seq OWNED BY public.feed.id;
CREATE TABLE public.feed_rate (
    feed_id bigint NOT NULL,
    category text NOT NULL,
    tags text NOT NULL,
    amount_nano bigint NOT NULL
);
CREATE TABLE public.feed_window (
    feed_id bigint NOT NULL,
    begin bigint NOT NULL,
    "end" bigint NOT NULL
);
CREATE TABLE public.hold (
    id bigint NOT NULL,
    name text NOT NULL,
    generation integer NOT NULL,
    state text NOT NULL,
    settled_by text NOT NULL,
    counts_at bigint NOT NULL,
    held_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    committed_at bigint,
    forced boolean NOT NULL,
    settled boolean NOT NULL,
    recorded_by text NOT NULL
);
CREATE SEQUENCE public.hold_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hold_id_seq OWNED BY public.hold.id;
CREATE TABLE public.hold_line (
    hold_id bigint NOT NULL,
    stage text NOT NULL,
    number integer NOT NULL,
    amount_nano bigint NOT NULL,
    currency text NOT NULL,
    category text,
    project text,
    tags text NOT NULL,
    period text NOT NULL
);
CREATE TABLE public.ledger_schema (
    version integer NOT NULL
);
CREATE TABLE public.limit_override (
    budget text NOT NULL,
    period_id text NOT NULL,
    reservation text NOT NULL,
    amount_nano bigint NOT NULL,
    reason text NOT NULL,
    approved_by text NOT NULL,
    until bigint NOT NULL,
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL
);
CREATE TABLE public.override_use (
    budget text NOT NULL,
    period_id text NOT NULL,
    reservation text NOT NULL,
    generation integer NOT NULL,
    consumed_at bigint NOT NULL
);
CREATE TABLE public.roll_up (
    bucket_s integer NOT NULL,
    bucket_begin bigint NOT NULL,
    dimension_set_id bigint NOT NULL,
    amount_nano bigint NOT NULL,
    entry_count bigint NOT NULL,
    CONSTRAINT amount_fits_in_64_bits CHECK (((amount_nano >= '-9223372036854775807'::bigint) AND (amount_nano <= '9223372036854775807'::bigint)))
);
CREATE TABLE public.tag (
    dimension_set_id bigint NOT NULL,
    name text NOT NULL,
    value text NOT NULL
);
ALTER TABLE ONLY public.dimension_set ALTER COLUMN id SET DEFAULT nextval('public.dimension_set_id_seq'::regclass);
ALTER TABLE ONLY public.entry ALTER COLUMN id SET DEFAULT nextval('public.entry_id_seq'::regclass);
ALTER TABLE ONLY public.feed ALTER COLUMN id SET DEFAULT nextval('public.feed_id_seq'::regclass);
ALTER TABLE ONLY public.hold ALTER COLUMN id SET DEFAULT nextval('public.hold_id_seq'::regclass);
INSERT INTO public.budget VALUES ('prod', 100000000000, 'CHF', 'monthly', 'Europe/Zurich', 0, 1, 1, NULL, NULL, 'cloud', 'period_end', 21600, '[]', '[]', '{}', '["0.5", "0.8", "0.9", "1"]');
INSERT INTO public.dimension_set VALUES (1, 'af6899b0216bb4f7bb7e802c58229f890dcad8ab6add8788ed45b7dc389b477c', 'usage', 'compute', NULL, NULL, 'p1', NULL, 'ICU', '{"team":"web"}');
INSERT INTO public.entry VALUES (1, 'manual', 'a', 1, NULL, 1, NULL, NULL, NULL, NULL, 1793595600, 1793599200, NULL, NULL, 2500, NULL, 1793599200, 'me');
INSERT INTO public.feed VALUES (1, 'https://cloud/v3', 'r', 'p1', 'prod', 'shop', 'ICU', 3600, 1793599200, false);
INSERT INTO public.feed_carried VALUES (1, 'category', 'compute');
INSERT INTO public.feed_rate VALUES (1, 'compute', '{}', 2500);
INSERT INTO public.feed_window VALUES (1, 1793512800, 1793599200);
INSERT INTO public.ledger_schema VALUES (2);
INSERT INTO public.roll_up VALUES (900, 1793595600, 1, 2500, 1);
INSERT INTO public.roll_up VALUES (10800, 1793588400, 1, 2500, 1);
INSERT INTO public.roll_up VALUES (86400, 1793577600, 1, 2500, 1);
INSERT INTO public.roll_up VALUES (691200, 1792972800, 1, 2500, 1);
INSERT INTO public.tag VALUES (1, 'team', 'web');
SELECT pg_catalog.setval('public.dimension_set_id_seq', 2, false);
SELECT pg_catalog.setval('public.entry_id_seq', 2, false);
SELECT pg_catalog.setval('public.feed_id_seq', 2, false);
SELECT pg_catalog.setval('public.hold_id_seq', 1, false);
ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.dimension_set
    ADD CONSTRAINT dimension_set_fingerprint_key UNIQUE (fingerprint);
ALTER TABLE ONLY public.dimension_set
    ADD CONSTRAINT dimension_set_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_auth_url_region_project_id_key UNIQUE (auth_url, region, project_id);
ALTER TABLE ONLY public.feed_carried
    ADD CONSTRAINT feed_carried_pkey PRIMARY KEY (feed_id, kind, name);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feed_rate
    ADD CONSTRAINT feed_rate_pkey PRIMARY KEY (feed_id, category, tags);
ALTER TABLE ONLY public.feed_window
    ADD CONSTRAINT feed_window_pkey PRIMARY KEY (feed_id, begin);
ALTER TABLE ONLY public.hold_line
    ADD CONSTRAINT hold_line_pkey PRIMARY KEY (hold_id, stage, number);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT hold_name_generation_key UNIQUE (name, generation);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.limit_override
    ADD CONSTRAINT limit_override_pkey PRIMARY KEY (budget, period_id, reservation);
ALTER TABLE ONLY public.override_use
    ADD CONSTRAINT override_use_pkey PRIMARY KEY (budget, period_id, reservation);
ALTER TABLE ONLY public.roll_up
    ADD CONSTRAINT roll_up_pkey PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id);
ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_pkey PRIMARY KEY (dimension_set_id, name);
CREATE INDEX entry_by_time ON public.entry USING btree (period_begin, id, dimension_set_id, amount_nano, reverses, recorded_at);
CREATE UNIQUE INDEX entry_once ON public.entry USING btree (source, key, version, ((reverses IS NULL)));
CREATE UNIQUE INDEX entry_reversed_once ON public.entry USING btree (reverses);
CREATE INDEX hold_counting ON public.hold USING btree (state, settled, expires_at);
ALTER TABLE ONLY public.entry
    ADD CONSTRAINT entry_dimension_set_id_fkey FOREIGN KEY (dimension_set_id) REFERENCES public.dimension_set(id);
ALTER TABLE ONLY public.entry
    ADD CONSTRAINT entry_reverses_fkey FOREIGN KEY (reverses) REFERENCES public.entry(id);
ALTER TABLE ONLY public.feed_carried
    ADD CONSTRAINT feed_carried_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.feed_rate
    ADD CONSTRAINT feed_rate_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.feed_window
    ADD CONSTRAINT feed_window_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.hold_line
    ADD CONSTRAINT hold_line_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.hold(id);
ALTER TABLE ONLY public.roll_up
    ADD CONSTRAINT roll_up_dimension_set_id_fkey FOREIGN KEY (dimension_set_id) REFERENCES public.dimension_set(id);
ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_dimension_set_id_fkey FOREIGN KEY (dimension_set_id) REFERENCES public.dimension_set(id);
