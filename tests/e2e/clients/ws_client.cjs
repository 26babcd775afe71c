// A client by the `ws` package: a conversation in all sizes, then what came of it as JSON. Argument: the URL.
const { WebSocket } = require("ws");
const socket = new WebSocket(process.argv[2], ["chat.v1", "chat.v2"], { perMessageDeflate: true });
const sizes = [0, 1, 125, 126, 65535, 65536, 300000];
const told = { echoed: [], pinged: false, pong: null };
socket.on("error", (error) => { console.log(JSON.stringify({ error: error.message })); process.exit(1); });
socket.on("open", () => {
  told.protocol = socket.protocol;
  told.extensions = socket.extensions;
  for (const size of sizes) socket.send(size % 2 ? Buffer.alloc(size, 7) : "x".repeat(size), { compress: size > 1000 });
});
socket.on("pong", (data) => { told.pong = data.toString(); });
socket.on("message", (data, isBinary) => {
  if (data.toString() === "pinged") { told.pinged = true; return socket.close(4000, "done"); }
  told.echoed.push([data.length, isBinary]);
  if (told.echoed.length === sizes.length) socket.ping("are you there");
});
socket.on("close", (code, reason) => { told.close = [code, reason.toString()]; console.log(JSON.stringify(told)); });
