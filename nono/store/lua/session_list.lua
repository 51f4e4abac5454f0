-- session_list (uses clock): one page of the living sessions, the most recently active first.
--
-- KEYS  session_index, session_recency, counters
-- ARGV  active_at (ms), user_id (after which the page begins; '' for the first page), limit,
--       newest, oldest (ms: only sessions active up to the one and after the other; +inf and -inf for all),
--       then SORT's GET patterns of what to tell of each session
--
-- Returns {count, {value, ...}}: how many sessions are in that time, and for each of the page its user_id and one
-- value per pattern, nil where the field is missing. Dead sessions are forgotten first, so that count is exact. SORT reads the hashes by its patterns, in
-- one call: they are the only keys in any script that are not in KEYS.

local active_at, user_id, limit, newest, oldest = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]

forget_the_dead(KEYS[1], KEYS[2], KEYS[3], now_ms(), -1)

local newer = redis.call('ZCOUNT', KEYS[2], '(' .. newest, '+inf')
local count = redis.call('ZCOUNT', KEYS[2], '(' .. oldest, '+inf') - newer
local first = 0
if active_at ~= '' then
  if redis.call('ZSCORE', KEYS[2], user_id) == active_at then
    first = redis.call('ZREVRANK', KEYS[2], user_id) + 1
  else
    first = redis.call('ZCOUNT', KEYS[2], '(' .. active_at, '+inf')
    for _, tied in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[2], active_at, active_at)) do
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
local page = redis.call('SORT', KEYS[2], 'BY', 'nosort', 'DESC', 'LIMIT', first, limit, unpack(gets))
return { count, page }
