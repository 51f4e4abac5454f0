-- session_read: reads a session for a subscriber, a reply or the REST history in one round trip.
--
-- KEYS  session, chat_history, chat_reply, chat_lease
-- ARGV  after (seq; '' for the newest messages), limit (of messages; 0 for none)
--
-- Returns {} if there is no such session, else
--         {{field, value, ...} of the hash, {message, ...}, {reply field, value, ...}, text, leased, observed}
-- The messages are those with a seq over `after`, oldest first, at most `limit`; without `after` the newest `limit`.
-- The reply is the newest start entry of the running reply with its newest phase, text what it wrote since then.
-- leased is 1 if a run holds the lease, observed is 1 if an operator has the transcript open.

local session_key, history_key, reply_key, lease_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local after, limit = ARGV[1], tonumber(ARGV[2])

local session = redis.call('HGETALL', session_key)
if #session == 0 then return {} end

local messages = {}
if limit > 0 then
  local first, last
  if after == '' then
    first, last = -limit, -1
  else
    local seq = tonumber(redis.call('HGET', session_key, 'seq')) or 0
    first = math.max(redis.call('LLEN', history_key) - seq + tonumber(after), 0)
    last = first + limit - 1
  end
  messages = redis.call('LRANGE', history_key, first, last)
end

local start, phase, text = {}, {}, {}
for _, entry in ipairs(redis.call('XRANGE', reply_key, '-', '+')) do
  local fields = entry[2]
  if fields[1] == 'text' then
    text[#text + 1] = fields[2]
  elseif fields[1] == 'phase' then
    phase = fields
  else
    start, text = fields, {}
  end
end
for _, word in ipairs(phase) do start[#start + 1] = word end
local observed = (tonumber(redis.call('HGET', session_key, 'observed_until')) or 0) > now_ms() and 1 or 0
return { session, messages, start, table.concat(text), redis.call('EXISTS', lease_key), observed }
