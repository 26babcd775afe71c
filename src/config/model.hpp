// What a file may hold, as data. It is made by the same descriptions that read a file (fields.hpp), so that the JSON Schema
// and the reference page cannot say anything else. Plain values.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

// What may stand in one place.
struct Shape {
  enum class Kind : unsigned char {
    kText,     // a TextModel, by name
    kInteger,  // from minimum to maximum
    kBoolean,
    kWords,   // one of `words`
    kList,    // of parts[0], at least `minimum` of them
    kMap,     // any key that is a parts[0], with values that are parts[1]
    kObject,  // an ObjectModel, by name
    kEither,  // any of `parts`
    kAny,     // any YAML at all
  };
  Kind kind;
  std::string name;
  std::uint64_t minimum = 0, maximum = 0;
  std::vector<std::string> words;
  std::vector<Shape> parts;
};

// A kind of text: durations, addresses, names.
struct TextModel {
  std::string name;
  std::string expected;  // "a duration such as 250ms, 5s or 10m"
  std::string pattern;   // ECMA-262, the whole text; empty: any
  std::vector<std::string> examples;
  bool number_too = false;  // YAML may take such a text for a number or a boolean
};

struct FieldModel {
  std::string key;
  Shape shape;
  std::string doc;
  std::string default_text;  // empty: none
  bool required = false;
};

struct ObjectModel {
  std::string name;
  std::string doc;
  std::string example;
  std::vector<FieldModel> fields;
  std::vector<std::string> exactly_one;  // keys of which one must be given; empty: no such rule
};

class Model {
 public:
  // Null when an object of that name is there already.
  ObjectModel* add_object(std::string_view name, std::string_view doc, std::string_view example);
  // Once for every name; again is no harm.
  void add_text(TextModel text);
  // Keys that CONFIG names for features to come, for the reference page.
  void add_later(std::string_view key);

  // In the order of mention, the file itself first.
  const std::deque<ObjectModel>& objects() const { return objects_; }
  const std::deque<TextModel>& texts() const { return texts_; }
  const std::vector<std::string>& later() const { return later_; }

 private:
  std::deque<ObjectModel> objects_;  // addresses stay
  std::deque<TextModel> texts_;
  std::vector<std::string> later_;
};

// The model of the whole file.
Model make_model();

}  // namespace gatehouse::config
