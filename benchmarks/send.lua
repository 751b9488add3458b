-- One GET a message: a number of the range that is reserved for fiction, and a text nobody has sent before.
local prefix, count, seed

function init(args)
  local key, secret = args[1], args[2]
  math.randomseed(os.time() + tonumber(args[3]))
  seed = string.format("%06x%06x", math.random(0, 0xffffff), math.random(0, 0xffffff))
  prefix = wrk.path .. "?key=" .. key .. "&secret=" .. secret .. "&from=Harbour&to=4477009"
  count = 0
end

function request()
  count = count + 1
  local text = "Your+parcel+" .. seed .. count .. "+arrives+today+between+14%3A00+and+16%3A00.+Reply+to+change+the+time."
  return wrk.format("GET", prefix .. string.format("%05d", count % 1000) .. "&text=" .. text)
end
