-- session_list: reads one page of the sessions, most recently active first.
--
-- KEYS  session_index, session_recency, counters
-- ARGV  active_at (ms), user_id (of the session before the page; both '' for the first page), limit,
--       newest, oldest (ms: last activity up to newest and after oldest; +inf and -inf for all),
--       then SORT's GET patterns of the fields to read
--
-- Returns {count, {value, ...}}: the number of sessions in that time, and for each session of the page its user_id
-- and one value per pattern, nil for a missing field. Expired sessions are removed from the indexes first, so count is
-- exact. SORT reads the hashes by its patterns in one call: only here and in session_digests.lua are keys not in KEYS.

local index_key, recency_key, counters_key = KEYS[1], KEYS[2], KEYS[3]
local active_at, user_id, limit, newest, oldest = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]

forget_the_dead(index_key, recency_key, counters_key, now_ms(), -1)

local newer = redis.call('ZCOUNT', recency_key, '(' .. newest, '+inf')
local count = redis.call('ZCOUNT', recency_key, '(' .. oldest, '+inf') - newer
local first = 0
if active_at ~= '' then
  if redis.call('ZSCORE', recency_key, user_id) == active_at then
    first = redis.call('ZREVRANK', recency_key, user_id) + 1
  else
    first = redis.call('ZCOUNT', recency_key, '(' .. active_at, '+inf')
    for _, tied in ipairs(redis.call('ZREVRANGEBYSCORE', recency_key, active_at, active_at)) do
      if tied < user_id then break end
      first = first + 1
    end
  end
end
first = math.max(first, newer)
limit = math.min(limit, newer + count - first)
if limit <= 0 then return { math.max(count, 0), {} } end

local gets = { 'GET', '#' }
for i = 6, #ARGV do
  gets[#gets + 1] = 'GET'
  gets[#gets + 1] = ARGV[i]
end
local page = redis.call('SORT', recency_key, 'BY', 'nosort', 'DESC', 'LIMIT', first, limit, unpack(gets))
return { count, page }
