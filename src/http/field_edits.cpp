#include "gatehouse/http/field_edits.hpp"

#include "gatehouse/base/strings.hpp"

namespace gatehouse::http {
namespace {

char fold(char c) { return c == '_' ? '-' : to_lower(c); }

// Backends behind CGI, WSGI and the like cannot tell X_User from X-User: what the gateway sets or removes under one
// spelling, a client must not get through under the other.
bool same_for_a_backend(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (iequals(a, b)) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (fold(a[i]) != fold(b[i])) return false;
  }
  return true;
}

}  // namespace

void FieldEdits::remove(std::string_view name) {
  const FieldId id = field_id(name);
  if (id != FieldId::kOther) {
    remove(id);
    return;
  }
  remove_other(name);
}

void FieldEdits::remove_other(std::string_view name) {
  if (added_ != nullptr) drop_added(name);
  if (removes_other(name)) return;
  removed_ = new (arena_->allocate(sizeof(Removed), alignof(Removed))) Removed{name, removed_};
}

void FieldEdits::set(FieldId id, std::string_view value) {
  remove(id);
  append(id, value);
}

void FieldEdits::set(std::string_view name, std::string_view value) {
  remove(name);
  append(name, value);
}

void FieldEdits::append(FieldId id, std::string_view value) { link(id, {}, value, Checked::kNo); }

void FieldEdits::append(std::string_view name, std::string_view value) {
  link(field_id(name), name, value, Checked::kNo);
}

bool FieldEdits::removes_other(std::string_view name) const {
  for (const Removed* removed = removed_; removed != nullptr; removed = removed->next) {
    if (same_for_a_backend(removed->name, name)) return true;
  }
  return false;
}

void FieldEdits::drop_added(FieldId id) {
  const auto drops = [id](const Added& added) { return added.id == id; };
  drop_added_if(drops);
}

void FieldEdits::drop_added(std::string_view name) {
  const auto drops = [name](const Added& added) { return added.id == FieldId::kOther && iequals(added.written, name); };
  drop_added_if(drops);
}

template <class Predicate>
void FieldEdits::drop_added_if(Predicate drops) {
  Added** link = &added_;
  last_ = nullptr;
  while (*link != nullptr) {
    if (drops(**link)) {
      *link = (*link)->next;
    } else {
      last_ = *link;
      link = &last_->next;
    }
  }
}

}  // namespace gatehouse::http
