// The one description of an object serves three purposes. A function `void describe_x(Fields&, XSettings&)` names each key
// with the member it is for, its kind and its text; run on a map of the file it reads, run on a model it documents, with the
// members' initial values as defaults. Whatever a description does besides is skipped or harmless in a model. One thread.
#pragma once

#include "cursor.hpp"
#include "kinds.hpp"
#include "model.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

enum class Need : unsigned char { kOptional, kRequired };

class Fields {
 public:
  explicit Fields(const Cursor& map) : at_(&map) {}
  Fields(Model& model, ObjectModel& object) : model_(&model), object_(&object) {}

  // True when the key is there and its value is good.
  template <class K>
  bool field(std::string_view key, typename K::Value& value, const K& kind, std::string_view doc,
             Need need = Need::kOptional) {
    if (object_ != nullptr) {
      const std::string initial = need == Need::kRequired ? std::string() : kind.print(value);
      object_->fields.push_back(
          {std::string(key), kind.shape(*model_), std::string(doc), initial, need == Need::kRequired});
      return false;
    }
    const Node::Entry* const entry = find(key);
    if (entry != nullptr) return kind.read(at_->child(*entry), value);
    if (need == Need::kRequired) say_missing(key, kind.expected());
    return false;
  }

  // As above; the value is there when the key is.
  template <class K>
  bool field(std::string_view key, std::optional<typename K::Value>& value, const K& kind, std::string_view doc) {
    typename K::Value read{};
    if (object_ != nullptr) {
      object_->fields.push_back({std::string(key), kind.shape(*model_), std::string(doc), "", false});
      return false;
    }
    const Node::Entry* const entry = find(key);
    if (entry == nullptr) return false;
    const bool good = kind.read(at_->child(*entry), read);
    value = std::move(read);
    return good;
  }

  // Keys that are known and whose feature this version does not have.
  void later(std::initializer_list<std::string_view> keys);
  // Keys that stand in the wrong place: known, and a problem where they are given.
  void misplaced(std::initializer_list<std::string_view> keys, std::string_view why, std::string_view fix);
  // Of the object's keys exactly one must be given. Those in `later_keys` count as well, and are for later.
  void exactly_one(std::initializer_list<std::string_view> keys,
                   std::initializer_list<std::string_view> later_keys = {});

  // The map that is read, or null in a model.
  const Cursor* reading() const { return at_; }
  bool given(std::string_view key) const { return at_ != nullptr && at_->node().find(key) != nullptr; }

  // Says which keys of the map are unknown or stand twice.
  void finish() const;

 private:
  const Node::Entry* find(std::string_view key);
  void say_missing(std::string_view key, const std::string& expected) const;
  void say_unknown(const Node::Entry& entry) const;

  const Cursor* at_ = nullptr;
  Model* model_ = nullptr;
  ObjectModel* object_ = nullptr;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> later_;
  std::vector<std::string_view> misplaced_;
};

// A map with the keys that its description names.
template <class S>
struct Object {
  using Value = S;
  static constexpr Node::Kind kNode = Node::Kind::kMap;
  std::string_view name;  // in schema and reference: "backend_health"
  std::string_view doc;
  std::string_view example;
  void (*describe)(Fields& fields, S& settings);

  std::string expected() const { return "a map such as " + std::string(example); }
  std::string print(const S&) const { return {}; }

  bool read(const Cursor& at, S& settings) const {
    if (!at.is(Node::Kind::kMap, expected())) return false;
    Fields fields(at);
    describe(fields, settings);
    fields.finish();
    return true;
  }

  Shape shape(Model& model) const {
    if (ObjectModel* const object = model.add_object(name, doc, example)) {
      S defaults{};
      Fields fields(model, *object);
      describe(fields, defaults);
    }
    return {Shape::Kind::kObject, std::string(name), 0, 0, {}, {}};
  }
};

}  // namespace gatehouse::config
