-- Sends XML bodies; the body is the first argument after `--`.
function init(args)
  wrk.method = "POST"
  wrk.body = args[1]
  wrk.headers["Content-Type"] = "application/xml"
end
