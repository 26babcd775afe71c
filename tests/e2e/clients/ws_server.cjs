// A WebSocket server by the `ws` package: gives back what it hears, as it heard it. Prints its port.
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true, handleProtocols: (offered) => [...offered].pop() });
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on("ping", () => socket.send("pinged"));
});
server.on("listening", () => console.log(`listening ${server.address().port}`));
process.stdin.resume().on("end", () => process.exit(0));
