// A client as a team would write it: http.Agent with keepAlive, several requests at once, bodies both ways. Prints JSON.
'use strict';
const http = require('node:http');

const base = new URL(process.argv[2]);
const agent = new http.Agent({keepAlive: true, maxSockets: 4});

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({agent, host: base.hostname, port: base.port, method, path}, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => resolve({
        status: response.statusCode, text: Buffer.concat(pieces).toString(), trailers: response.trailers,
        port, hints,
      }));
    });
    let hints = null;
    let port = 0;
    request.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => { port = socket.localPort; });
      else port = socket.localPort;
    });
    request.on('information', (information) => { if (information.statusCode === 103) hints = information.headers.link; });
    request.on('error', reject);
    if (body && body.chunked) {
      for (const piece of body.chunked) request.write(piece);
      request.end();
    } else {
      request.end(body);
    }
  });
}

(async () => {
  const told = {};
  const many = [];
  for (let i = 0; i < 200; ++i) many.push(ask('GET', `/echo?${i}`));
  const answers = await Promise.all(many);
  told.many = answers.map((answer, i) => answer.status === 200 && JSON.parse(answer.text).url === `/echo?${i}`);
  told.connections = new Set(answers.map((answer) => answer.port)).size;
  told.posted = JSON.parse((await ask('POST', '/echo', 'x'.repeat(100000))).text).size;
  told.chunked = JSON.parse((await ask('PUT', '/echo', {chunked: ['ab', 'cde', 'f'.repeat(70000)]})).text);
  told.mirror = (await ask('POST', '/mirror', 'y'.repeat(300000))).text.length;
  told.events = (await ask('GET', '/events')).text;
  told.trailers = (await ask('GET', '/trailers')).trailers;
  told.hints = (await ask('GET', '/hints')).hints;
  told.crash = (await ask('POST', '/crash', 'z')).status;
  told.missing = (await ask('GET', '/nowhere')).status;
  console.log(JSON.stringify(told));
  agent.destroy();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
