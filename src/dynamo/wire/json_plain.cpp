// JSON as routes' clients know it, to attribute values.
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include <string>

namespace gatehouse::dynamo {
namespace {

// `level`: as in a request of the API, so that what is stored can be sent back through it.
bool read_plain(JsonReader& from, ValueWriter& to, unsigned level);

// Into the map or item that was opened.
bool read_members(JsonReader& from, ValueWriter& to, ValueWriter::Open& open, unsigned level) {
  if (!from.begin_object()) return false;
  while (const auto name = from.next_name()) {
    if (name->empty()) from.fail_validation("Empty attribute name");
    to.name(open, *name);
    if (!read_plain(from, to, level)) return false;
  }
  to.end_map(open);
  return !from.failed();
}

bool read_list(JsonReader& from, ValueWriter& to, unsigned level) {
  ValueWriter::Open open = to.begin_list();
  from.begin_array();
  while (from.next_element()) {
    if (!read_plain(from, to, level)) return false;
    ++open.count;
  }
  to.end_list(open);
  return !from.failed();
}

std::string_view number_limit(NumberProblem problem) {
  switch (problem) {
    case NumberProblem::kOverflow: return "its magnitude is larger than 9.99E+125";
    case NumberProblem::kUnderflow: return "its magnitude is smaller than 1E-130";
    default: return "it has more than 38 significant digits";
  }
}

bool read_number(JsonReader& from, ValueWriter& to) {
  std::string_view token;
  if (!from.read_raw(token)) return false;
  NumberText number;
  const NumberProblem problem = canonical_number(token, number);
  if (problem == NumberProblem::kNone) {
    to.number(number.view());
    return true;
  }
  // JSON's numbers are all numeric: it is too large, too small or too long.
  from.fail_validation("The number " + std::string(token.substr(0, 64)) +
                       " cannot be stored: " + std::string(number_limit(problem)));
  to.number("0");
  return true;
}

bool read_plain(JsonReader& from, ValueWriter& to, unsigned level) {
  using Kind = JsonReader::Kind;
  if (level > kMaxNesting) {
    from.fail_validation("Values lie more than 32 levels deep in one another");
    to.null();
    return from.skip();
  }
  std::string_view text;
  bool boolean = false;
  switch (from.peek()) {
    case Kind::kString:
      if (!from.read_string(text)) return false;
      to.string(text);
      return true;
    case Kind::kNumber: return read_number(from, to);
    case Kind::kBool:
      if (!from.read_bool(boolean)) return false;
      to.boolean(boolean);
      return true;
    case Kind::kNull: to.null(); return from.skip_null();
    case Kind::kArray: return read_list(from, to, level + 1);
    case Kind::kObject: {
      ValueWriter::Open open = to.begin_map();
      return read_members(from, to, open, level + 1);
    }
    case Kind::kEnd: break;
  }
  return from.skip();  // fails: nothing stands there
}

}  // namespace

bool read_plain_value(JsonReader& from, ValueWriter& to) { return read_plain(from, to, 1); }

bool read_plain_item(JsonReader& from, ValueWriter& to) {
  ValueWriter::Open open = to.begin_item();
  return read_members(from, to, open, 1);
}

}  // namespace gatehouse::dynamo
