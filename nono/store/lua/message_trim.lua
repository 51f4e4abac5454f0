-- message_trim: counts the oldest messages of a session beyond the given limits and, with fix, removes them. The
-- session keeps its TTL and its seq numbers.
--
-- KEYS  session, chat_history
-- ARGV  fix ('1': remove, '0': count only), keep (number of the newest messages to keep),
--       before (ISO in UTC: removes also older messages; '' for no time), persona (of the session; '' for any)
--
-- Returns the number of such messages. Messages that wait for a reply are kept, regardless of their age.

local session_key, history_key = KEYS[1], KEYS[2]
local fix, keep, before, persona = ARGV[1] == '1', tonumber(ARGV[2]), ARGV[3], ARGV[4]

if redis.call('TYPE', session_key)['ok'] ~= 'hash' or redis.call('TYPE', history_key)['ok'] ~= 'list' then return 0 end
local session = redis.call('HMGET', session_key, 'persona', 'seq', 'asked', 'answered')
if persona ~= '' and session[1] ~= persona then return 0 end

local length = redis.call('LLEN', history_key)
local removed = math.max(length - keep, 0)

-- Returns the time of a message to the second, nil or false if it is damaged. A damaged message is removed only if
-- a later message is.
local function said_at(raw)
  local read, message = pcall(cjson.decode, raw)
  local timestamp = read and type(message) == 'table' and message['timestamp']
  return type(timestamp) == 'string' and string.match(timestamp, '^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d')
end

local function count_older()
  local older, first = removed, removed
  while first < length do
    for i, raw in ipairs(redis.call('LRANGE', history_key, first, first + 49)) do
      local moment = said_at(raw)
      if moment and moment >= before then return older end
      if moment then older = first + i end
    end
    first = first + 50
  end
  return older
end

if before ~= '' then removed = count_older() end
local seq, asked, answered = tonumber(session[2]) or 0, tonumber(session[3]) or 0, tonumber(session[4]) or 0
if asked > answered then removed = math.min(removed, math.max(length - (seq - answered), 0)) end
if fix and removed > 0 then redis.call('LTRIM', history_key, removed, -1) end
return removed
