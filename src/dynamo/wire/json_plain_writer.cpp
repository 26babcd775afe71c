// Values as plain JSON, the form of routes on tables: "…", 5, true, null, […], {…}.
#include "gatehouse/dynamo/wire/json_sink.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

namespace gatehouse::dynamo {
namespace {

void write_plain(JsonSink& to, Value value);

// `write` each of `elements`, brackets around and commas between.
template <class Elements, class Write>
void write_array(JsonSink& to, const Elements& elements, const Write& write) {
  to.put('[');
  bool first = true;
  for (const auto element : elements) {
    if (!first) to.put(',');
    first = false;
    write(element);
  }
  to.put(']');
}

void write_plain_map(JsonSink& to, const Map& map) {
  to.put('{');
  bool first = true;
  for (const Attribute& attribute : map) {
    if (!first) to.put(',');
    first = false;
    to.put('"');
    to.escaped(attribute.name);
    to.literal("\":");
    write_plain(to, attribute.value);
  }
  to.put('}');
}

void write_string(JsonSink& to, std::string_view text) {
  to.put('"');
  to.escaped(text);
  to.put('"');
}

void write_binary(JsonSink& to, std::string_view bytes) {
  to.put('"');
  to.base64(bytes);
  to.put('"');
}

void write_plain(JsonSink& to, Value value) {
  switch (value.type()) {
    case Type::kString: write_string(to, value.text()); return;
    case Type::kNumber: to.bytes(value.text()); return;
    case Type::kBinary: write_binary(to, value.text()); return;
    case Type::kBool: to.bytes(value.boolean() ? "true" : "false"); return;
    case Type::kNull: to.literal("null"); return;
    case Type::kStringSet: write_array(to, value.elements(), [&](std::string_view text) { write_string(to, text); }); return;
    case Type::kNumberSet: write_array(to, value.elements(), [&](std::string_view number) { to.bytes(number); }); return;
    case Type::kBinarySet: write_array(to, value.elements(), [&](std::string_view bytes) { write_binary(to, bytes); }); return;
    case Type::kList: write_array(to, value.list(), [&](Value element) { write_plain(to, element); }); return;
    case Type::kMap: write_plain_map(to, value.map()); return;
  }
}

}  // namespace

void write_plain_value(std::string& to, Value value) {
  JsonSink sink(to);
  write_plain(sink, value);
}

void write_plain_item(std::string& to, const Map& item) {
  JsonSink sink(to);
  write_plain_map(sink, item);
}

}  // namespace gatehouse::dynamo
