-- session_digests: for many owners at once, a digest of what their lists show, for a process to see which of them moved.
--
-- KEYS  owner_index of each
-- ARGV  SORT's GET patterns of what a list tells of each session
--
-- Returns one digest per owner; of an index that is no sorted set (damaged by hand) the digest of its error. As in
-- session_list.lua, SORT reads the hashes by its patterns: they are not in KEYS.

local gets = { 'GET', '#' }
for _, pattern in ipairs(ARGV) do
  gets[#gets + 1] = 'GET'
  gets[#gets + 1] = pattern
end

local digests = {}
for i, key in ipairs(KEYS) do
  local cells = redis.pcall('SORT', key, 'BY', 'nosort', 'DESC', unpack(gets))
  if cells.err then cells = { cells.err } end
  for j = 1, #cells do
    local cell = cells[j]
    cells[j] = cell and #cell .. ':' .. cell or '-'
  end
  digests[i] = redis.sha1hex(table.concat(cells))
end
return digests
