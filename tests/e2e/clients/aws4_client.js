// Signs requests with aws4 and sends them: node aws4_client.js MODULES PORT; a JSON list of requests on stdin, a list of {status, body} on stdout.
'use strict';
const http = require('http');
const path = require('path');

const [modules, port] = process.argv.slice(2);
const aws4 = require(path.join(modules, 'aws4'));

function send({ keys, sent, ...request }) {
  const signed = aws4.sign({ host: `127.0.0.1:${port}`, service: 'execute-api', region: 'us-east-1', ...request }, keys);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method: signed.method, path: signed.path, headers: signed.headers };
    const call = http.request(options, (answer) => {
      let body = '';
      answer.on('data', (piece) => { body += piece; });
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
    });
    call.on('error', reject);
    call.end(sent === undefined ? request.body : sent);
  });
}

async function main() {
  let input = '';
  for await (const piece of process.stdin) input += piece;
  const answers = [];
  for (const request of JSON.parse(input)) answers.push(await send(request));
  process.stdout.write(JSON.stringify(answers));
}

main().catch((problem) => { console.error(problem); process.exit(1); });
