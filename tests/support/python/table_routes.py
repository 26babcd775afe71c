"""A gateway with every form of a route on a table, and a client of it that has a partition for itself."""
import json

SDK = 1  # the listener for SDK clients among gateway.addresses
TABLES = {"notes": {"key": {"owner": "S", "id": "S"}, "indexes": {"by_date": {"key": {"owner": "S", "date": "N"}}}},
          "plain": {"key": {"id": "N"}}}
OWNER = {"owner": "$header.x-user|me"}
ONE = {**OWNER, "id": "$path.id"}
SCHEMA = {"type": "object", "required": ["title"],
          "properties": {"title": {"type": "string", "maxLength": 5}, "tags": {"type": "array", "items": {"type": "string"}}}}


def table(name="notes", key=None, **more):
    return {"name": name, "key": ONE if key is None else key, **more}


def call(action, request, response=None):
    return {"action": action, "request": request, **({"response": response} if response else {})}


def routes(schema):
    ruled = {"set": {"by": "$header.x-user|me"}, "set_new": {"created": "$now"}, "read_only": ["likes"],
             "hidden": ["secret"], "version": "rev"}
    named = {"TableName": "notes", "Key": {"owner": {"S": "ops"}, "id": {"S": "$path.id"}}}
    return [
        {"match": "POST /notes", "table": table(key={**OWNER, "id": "$ulid"})},
        {"match": "POST /reversed", "table": table(key={"id": "$ulid", **OWNER})},
        {"match": "POST /named/{id}", "table": table()},
        {"match": "ANY /notes/{id}", "table": table(), "limits": {"body": "8KB"}},
        {"match": "GET /notes", "table": table(key=OWNER, index="by_date", order="desc", limit="$query.limit|20",
                                               filter=["status", "size"], fields=True)},
        {"match": "GET /range", "table": table(key={**OWNER, "date": {"ge": "$query.from", "le": "$query.to"}}, index="by_date")},
        {"match": "ANY /plain/{id}", "table": table("plain", {"id": "$path.id"})},
        {"match": "GET /plain", "table": table("plain", {}, action="scan", limit="$query.limit|100")},
        {"match": "ANY /checked/{id}", "table": table(schema=str(schema))},
        {"match": "ANY /ruled/{id}", "table": table(**ruled)},
        {"match": "POST /batch/get", "table": table(key=OWNER, action="batch_get", hidden=["secret"])},
        {"match": "POST /batch/write", "table": table(key=OWNER, action="batch_write", schema=str(schema), read_only=["likes"],
                                                     version="rev")},
        {"match": "POST /transact", "table": table(key=OWNER, action="transact")},
        {"match": "POST /count/{id}", "dynamodb": call(
            "UpdateItem", {**named, "UpdateExpression": "ADD hits :n", "ExpressionAttributeValues": {":n": {"N": "$body.by|1"}},
                           "ReturnValues": "ALL_NEW"}, {"body": {"hits": "$result.Attributes.hits"}})},
        {"match": "PUT /raw/{id}", "dynamodb": call(
            "UpdateItem", {**named, "UpdateExpression": "SET title = :t, extra = :e",
                           "ExpressionAttributeValues": {":t": {"S": "$body.title"}, ":e": "$item.extra"}, "ReturnValues": "ALL_NEW"})},
        {"match": "GET /raw/{id}", "dynamodb": call("GetItem", named, {"body": "$result.Item"})},
    ]


def configuration(folder):
    schema = folder / "note.json"
    schema.write_text(json.dumps(SCHEMA))
    return {"stores": {"main": {"engine": "memory"}}, "tables": TABLES, "dynamodb": {"address": "127.0.0.1:0"},
            "apis": [{"name": "notes", "routes": routes(schema)}]}


class User:
    def __init__(self, gateway, name):
        self.gateway = gateway
        self.name = name

    def ask(self, method, target, body=None, **fields):
        sent = [("x-user", self.name), *((name.replace("_", "-"), value) for name, value in fields.items())]
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None and "content_type" not in fields:
            sent.append(("Content-Type", "application/json"))
        return self.gateway.exchange(method, target, fields=sent, body=body)

    def put(self, name, item, status=201):
        answer = self.ask("PUT", f"/notes/{name}", item)
        assert answer.status == status, answer.body
        return answer
