#include "gateway/detached_exchange.hpp"

#include "gatehouse/crypto/claims.hpp"

namespace gatehouse::gateway {
namespace {

// No data stays no data: a query that is absent is not one that is empty.
std::string_view copied(std::string_view text, Arena& arena) { return text.data() == nullptr ? text : arena.copy(text); }

}  // namespace

DetachedExchange::DetachedExchange(http::Exchange& of)
    : worker_(of.worker()), waiter_(worker_.ready()), peer_(of.peer()), arrival_(worker_.now()), request_(of.request()) {
  for (std::string_view* const text : {&request_.method_text, &request_.scheme, &request_.authority, &request_.path, &request_.query,
                                       &request_.protocol})
    *text = copied(*text, arena_);
  request_.has_body = false;
  request_.content_length.reset();
  copy_fields(of.request().fields);
}

void DetachedExchange::copy_fields(const http::Fields& fields) {
  request_.fields = {};
  if (fields.size() == 0) return;
  const http::FieldRef& first = fields.ref(0);
  const http::FieldRef& last = fields.ref(fields.size() - 1);
  const std::string_view lines = arena_.copy({fields.base() + first.name_at, last.name_at + last.line_size - first.name_at});
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    http::FieldRef ref = fields.ref(i);
    ref.name_at -= first.name_at;
    ref.value_at -= first.name_at;
    refs_.push_back(ref);
  }
  lines_ = lines.data();
  look_up_fields();
}

void DetachedExchange::look_up_fields() {
  std::uint64_t present = 0;
  for (const http::FieldRef& ref : refs_) present |= http::bit(ref.id);
  request_.fields = http::Fields(lines_, refs_.data(), static_cast<std::uint32_t>(refs_.size()), present);
}

void DetachedExchange::copy_facts(const pipeline::RequestContext& from, pipeline::RequestContext& to) {
  to.path = copied(from.path, arena_);
  to.query = copied(from.query, arena_);
  to.params = from.params.copied_to(arena_);
  to.peer_trusted = from.peer_trusted;
  to.client = from.client;
  to.scheme = copied(from.scheme, arena_);
  to.host = copied(from.host, arena_);
  to.request_id = copied(from.request_id, arena_);
  to.deadline_after = from.deadline_after;
  to.identity = from.identity;
  if (to.identity.claims != nullptr) to.keep(to.identity.claims->shared());
  for (std::string_view* const text : {&to.identity.method, &to.identity.subject, &to.identity.api_key, &to.identity.plan})
    *text = copied(*text, arena_);
  // No step shall act on what the cache took out: nobody wants this answer compressed.
  std::erase_if(refs_, [removed = from.request_edits.removed_known()](const http::FieldRef& ref) { return (http::bit(ref.id) & removed) != 0; });
  look_up_fields();
  to.request_edits.remove_all(from.request_edits.removed_known());
  for (std::uint32_t i = 0; i < request_.fields.size(); ++i) {
    const http::Field field = request_.fields[i];
    if (field.id == http::FieldId::kOther && from.request_edits.removes_other(field.name)) to.request_edits.remove(field.name);
  }
  for (const auto* added = from.request_edits.added(); added != nullptr; added = added->next) {
    const std::string_view value = copied(added->value, arena_);
    if (added->id == http::FieldId::kOther) {
      to.request_edits.append(copied(added->written, arena_), value);
    } else {
      to.request_edits.append(added->id, value);
    }
  }
}

}  // namespace gatehouse::gateway
