#include "model.hpp"

#include <algorithm>

namespace gatehouse::config {

ObjectModel* Model::add_object(std::string_view name, std::string_view doc, std::string_view example) {
  const auto same = [name](const ObjectModel& object) { return object.name == name; };
  if (std::any_of(objects_.begin(), objects_.end(), same)) return nullptr;
  ObjectModel& object = objects_.emplace_back();
  object.name = name;
  object.doc = doc;
  object.example = example;
  return &object;
}

void Model::add_text(TextModel text) {
  const auto same = [&text](const TextModel& other) { return other.name == text.name; };
  if (std::none_of(texts_.begin(), texts_.end(), same)) texts_.push_back(std::move(text));
}

void Model::add_later(std::string_view key) {
  if (std::find(later_.begin(), later_.end(), key) == later_.end()) later_.emplace_back(key);
}

}  // namespace gatehouse::config
