-- message_trim: finds the oldest messages of a session that shall not be kept and, if asked, removes them. The session lives
-- on, under its clock; its numbers go on too, as they do where a long history loses its oldest messages.
--
-- KEYS  session, chat_history
-- ARGV  fix ('1' to remove, '0' to look only), keep (how many of the newest stay),
--       before (ISO in UTC: also what was said earlier; '' for no matter when), persona (of the session; '' for any)
--
-- Returns how many messages there were. What waits for a reply stays, however old it is.

local fix, keep, before, persona = ARGV[1] == '1', tonumber(ARGV[2]), ARGV[3], ARGV[4]

if redis.call('TYPE', KEYS[1])['ok'] ~= 'hash' or redis.call('TYPE', KEYS[2])['ok'] ~= 'list' then return 0 end
local session = redis.call('HMGET', KEYS[1], 'persona', 'seq', 'asked', 'answered')
if persona ~= '' and session[1] ~= persona then return 0 end

local length = redis.call('LLEN', KEYS[2])
local removed = math.max(length - keep, 0)

-- When a message was said, to the second; nil of one that a hand damaged, which goes with what is older than it.
local function said_at(raw)
  local read, message = pcall(cjson.decode, raw)
  local timestamp = read and type(message) == 'table' and message['timestamp']
  return type(timestamp) == 'string' and string.match(timestamp, '^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d')
end

local function count_older()
  local older, first = removed, removed
  while first < length do
    for i, raw in ipairs(redis.call('LRANGE', KEYS[2], first, first + 49)) do
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
if fix and removed > 0 then redis.call('LTRIM', KEYS[2], removed, -1) end
return removed
