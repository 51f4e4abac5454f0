-- session_read (uses clock): what a tab, a reply or the REST history needs to know of a session, in one round trip.
--
-- KEYS  session, chat_history, chat_reply, chat_lease
-- ARGV  after (seq; '' for the newest messages), limit (of messages; 0 for none)
--
-- Returns {} if there is no such session, else
--         {{field, value, ...} of the hash, {message, ...}, {reply field, value, ...}, text, leased, observed}
-- The messages are those with a seq over `after`, oldest first, at most `limit`; without `after` the newest
-- `limit`. The reply is the running one's newest start entry with its newest phase, text what it said since then, leased 1 if somebody runs it,
-- observed 1 if an operator has the transcript open.

local after, limit = ARGV[1], tonumber(ARGV[2])

local session = redis.call('HGETALL', KEYS[1])
if #session == 0 then return {} end

local messages = {}
if limit > 0 then
  local first, last
  if after == '' then
    first, last = -limit, -1
  else
    local seq = tonumber(redis.call('HGET', KEYS[1], 'seq')) or 0
    first = math.max(redis.call('LLEN', KEYS[2]) - seq + tonumber(after), 0)
    last = first + limit - 1
  end
  messages = redis.call('LRANGE', KEYS[2], first, last)
end

local start, phase, text = {}, {}, {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[3], '-', '+')) do
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
local observed = (tonumber(redis.call('HGET', KEYS[1], 'observed_until')) or 0) > now_ms() and 1 or 0
return { session, messages, start, table.concat(text), redis.call('EXISTS', KEYS[4]), observed }
