// A hub by the `ws` package, as its documentation shows one, in one process. Every message goes back; with CLIENTS SIZE ROUNDS it waits for
// so many clients, then sends them so many broadcasts, and says what a delivery took of the CPU, as main.cpp's servers do. A line on stdin
// collects garbage. Ends with stdin.
//
// node --expose-gc node_hub.cjs PORT [CLIENTS SIZE ROUNDS]
const { createInterface } = require("readline");
const { WebSocketServer } = require("ws");

const [port, clients, size, rounds] = process.argv.slice(2).map(Number);
const say = (what) => console.log(JSON.stringify(what));
const server = new WebSocketServer({ host: "127.0.0.1", port, backlog: 4096 });
const payload = Buffer.alloc(size || 0, "x");

let round = 0;
let sent = 0;
let began;
function broadcast() {
  if (round++ === rounds) {
    const spent = process.cpuUsage(began); // of all threads
    return say({ deliveries: sent, cpu_us: (spent.user + spent.system) / sent });
  }
  let waiting = server.clients.size;
  for (const client of server.clients)
    client.send(payload, { binary: false }, (failed) => {
      if (!failed) ++sent;
      if (--waiting === 0) setImmediate(broadcast);
    });
}

server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  if (server.clients.size !== clients) return;
  began = process.cpuUsage();
  setImmediate(broadcast);
});

createInterface({ input: process.stdin })
  .on("line", () => {
    global.gc();
    say({ collected: true });
  })
  .on("close", () => process.exit(0));
