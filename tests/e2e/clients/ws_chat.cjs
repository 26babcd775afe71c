// A client of a WebSocket API by the `ws` package: connects, says who it is, talks, leaves; what came of it as JSON. Arguments: the
// URL, the key.
const { WebSocket } = require("ws");
const [url, key] = process.argv.slice(2);
const told = { refused: null, answers: [] };
const questions = [{ action: "echo", text: "hällo 😀" }, { action: "ping" }, "no JSON", { action: "say", text: "x".repeat(20000) }];
const refused = new WebSocket(url);
refused.on("error", () => {});
refused.on("unexpected-response", (_, response) => {
  told.refused = response.statusCode;
  refused.terminate();
  const socket = new WebSocket(url, ["chat.v1", "chat.v2"], { headers: { "x-api-key": key } });
  socket.on("error", (error) => { console.log(JSON.stringify({ error: error.message })); process.exit(1); });
  socket.on("open", () => {
    told.protocol = socket.protocol;
    for (const question of questions) socket.send(typeof question === "string" ? question : JSON.stringify(question));
  });
  socket.on("message", (data, isBinary) => {
    told.answers.push([data.toString(), isBinary]);
    if (told.answers.length === questions.length) socket.close(4000, "done");
  });
  socket.on("close", (code, reason) => { told.close = [code, reason.toString()]; console.log(JSON.stringify(told)); });
});
