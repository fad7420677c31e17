-- One request in twenty goes to /cpu, the others to /hello.
local counter = 0
function request()
  counter = counter + 1
  if counter % 20 == 0 then return wrk.format("GET", "/cpu") end
  return wrk.format("GET", "/hello")
end
