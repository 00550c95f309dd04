-- BK113: a migration that waits for a lock longer than this gives up, and traffic goes on.
set local lock_timeout = '2s';

create table users (
  id uuid not null default gen_random_uuid(),
  email text not null,
  password_hash text not null,
  created_at timestamptz(3) not null default current_timestamp,
  constraint users_pkey primary key (id),
  constraint users_email_key unique (email)
);

-- One row for each refresh token ever given; a family descends from one sign-in.
create table refresh_tokens (
  id uuid not null default gen_random_uuid(),
  family_id uuid not null,
  user_id uuid not null,
  token_hash bytea not null, -- SHA-256: the token has 256 random bits, so nothing slower is needed
  created_at timestamptz(3) not null default current_timestamp,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3),
  revoked_at timestamptz(3),
  constraint refresh_tokens_pkey primary key (id),
  constraint refresh_tokens_token_hash_key unique (token_hash),
  constraint refresh_tokens_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);
create index refresh_tokens_family_id_idx on refresh_tokens (family_id);
create index refresh_tokens_user_id_idx on refresh_tokens (user_id);
create index refresh_tokens_expires_at_idx on refresh_tokens (expires_at);

create table products (
  id uuid not null default gen_random_uuid(),
  name text not null,
  price_minor bigint not null,
  currency text not null,
  stock integer not null,
  created_at timestamptz(3) not null default current_timestamp,
  constraint products_pkey primary key (id),
  constraint products_price_minor_check check (price_minor >= 0),
  constraint products_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint products_stock_check check (stock >= 0)
);

-- Times have milliseconds because cursors carry them: what a language cannot hold, it would skip or repeat.
create table orders (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  status text not null default 'placed',
  total_minor bigint not null,
  currency text not null,
  version integer not null default 1,
  created_at timestamptz(3) not null default current_timestamp,
  constraint orders_pkey primary key (id),
  constraint orders_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint orders_status_check check (status in ('placed', 'cancelled')),
  constraint orders_total_minor_check check (total_minor >= 0)
);
create index orders_user_id_created_at_id_idx on orders (user_id, created_at desc, id desc);

create table order_lines (
  order_id uuid not null,
  product_id uuid not null,
  quantity integer not null,
  unit_price_minor bigint not null,
  constraint order_lines_pkey primary key (order_id, product_id),
  constraint order_lines_order_id_fkey foreign key (order_id) references orders (id) on delete cascade,
  constraint order_lines_product_id_fkey foreign key (product_id) references products (id),
  constraint order_lines_quantity_check check (quantity > 0)
);
create index order_lines_product_id_idx on order_lines (product_id);

-- A row is written once, by the transaction that did the work: status, headers and body of the answer to replay.
create table idempotency_keys (
  user_id uuid not null,
  operation text not null,
  key text not null,
  request_hash bytea not null,
  response_status integer not null,
  response_headers jsonb not null,
  response_body text not null,
  created_at timestamptz(3) not null default current_timestamp,
  expires_at timestamptz(3) not null,
  constraint idempotency_keys_pkey primary key (user_id, operation, key),
  constraint idempotency_keys_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);
create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);

create table outbox (
  id uuid not null default gen_random_uuid(),
  topic text not null,
  payload jsonb not null,
  traceparent text,
  created_at timestamptz(3) not null default current_timestamp,
  attempts integer not null default 0,
  next_attempt_at timestamptz(3) not null default current_timestamp,
  published_at timestamptz(3),
  constraint outbox_pkey primary key (id)
);
create index outbox_next_attempt_at_idx on outbox (next_attempt_at) where published_at is null;
create index outbox_published_at_idx on outbox (published_at) where published_at is not null;
