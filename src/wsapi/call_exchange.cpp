#include "call_exchange.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/http/method.hpp"

#include <array>

namespace gatehouse::wsapi {
namespace {

using http::FieldId;

constexpr std::string_view kPost = "POST";
constexpr std::string_view kName = "Content-Type";
constexpr std::size_t kValueAt = kName.size() + 2;

// One line of a head that holds nothing else.
struct TypeLine {
  std::string_view line;
  http::FieldRef ref;
};
constexpr TypeLine type_line(std::string_view line) {
  return {line, {0, kValueAt, static_cast<std::uint32_t>(line.size() - kValueAt - 2), static_cast<std::uint32_t>(line.size()),
                 static_cast<std::uint16_t>(kName.size()), FieldId::kContentType, false}};
}
constexpr std::array kTypes = {type_line("Content-Type: application/json\r\n"), type_line("Content-Type: text/plain; charset=utf-8\r\n"),
                               type_line("Content-Type: application/octet-stream\r\n")};

}  // namespace

CallExchange::CallExchange(net::Worker& worker, const IpAddress& client, std::string_view scheme, std::string_view path, std::string_view authority,
                           std::size_t most)
    : worker_(worker), arrival_(worker.now()), most_(most) {
  waiter_.emplace(worker.ready());
  peer_.remote.address = client;
  request_.method = http::Method::kPost;
  request_.method_text = kPost;
  request_.scheme = scheme;
  request_.authority = authority;
  request_.path = path;
}

CallExchange::CallExchange(http::Exchange& of, std::size_t most)
    : worker_(of.worker()), of_(&of), peer_(of.peer()), arrival_(of.arrival()), most_(most), request_(of.request()) {
  request_.method = http::Method::kPost;
  request_.method_text = kPost;
  request_.protocol = {};
  request_.has_body = false;
  request_.content_length.reset();
}

void CallExchange::set_body(std::string_view bytes, Content content) {
  body_ = bytes;
  consumed_ = 0;
  set_content(bytes.size(), content);
}

void CallExchange::set_event(std::size_t bytes) {
  consumed_ = body_.size();
  set_content(bytes, Content::kJson);
}

void CallExchange::set_content(std::size_t bytes, Content content) {
  const TypeLine& type = kTypes[static_cast<std::size_t>(content)];
  request_.fields = http::Fields(type.line.data(), &type.ref, 1, http::bit(FieldId::kContentType));
  request_.has_body = bytes > 0;
  request_.content_length = bytes;
}

http::BodyChunk CallExchange::poll_body() {
  if (failure() != http::Failure::kNone) return {http::BodyState::kFailed, {}};
  if (consumed_ == body_.size()) return {http::BodyState::kEnd, {}};
  return {http::BodyState::kData, body_.substr(consumed_)};
}

void CallExchange::consume_body(std::size_t bytes) { consumed_ += bytes; }

void CallExchange::respond(const http::ResponseHead& head, std::string_view first, http::More more) {
  if (responded()) return;
  answered_.status = head.status;
  if (head.base != nullptr) {
    for (std::uint32_t i = 0; i < head.base->size(); ++i) {
      const http::Field field = (*head.base)[i];
      const bool removed = field.id == FieldId::kOther ? head.edits.removes_other(field.name) : (http::bit(field.id) & head.edits.removed_known()) != 0;
      if (!removed) note(field.id, field.name, field.value);
    }
  }
  for (const auto* added = head.edits.added(); added != nullptr; added = added->next) note(added->id, added->written, added->value);
  write(first, more);
}

void CallExchange::note(FieldId id, std::string_view name, std::string_view value) {
  if (id == FieldId::kContentType) {
    answered_.type = arena_.copy(value);
  } else if (id != FieldId::kOther) {
    return;
  } else if (iequals(name, "X-Gatehouse-Join")) {
    append(answered_.join, value);
  } else if (iequals(name, "X-Gatehouse-Leave")) {
    append(answered_.leave, value);
  } else if (iequals(name, "Sec-WebSocket-Protocol")) {
    answered_.subprotocol = arena_.copy(value);
  } else if (iequals(name, "X-Amz-Function-Error")) {
    answered_.function_failed = true;
  }
}

void CallExchange::append(std::string_view& list, std::string_view value) {
  list = list.empty() ? arena_.copy(value) : arena_.concat({list, ",", value});
}

void CallExchange::write(std::string_view bytes, http::More more) {
  if (answered_.too_large) return;
  if (bytes.size() > most_ - answered_.body.size()) {
    // Who sends it is told to stop.
    answered_.too_large = true;
    answered_.body.clear();
    if (more == http::More::kYes) failure_ = http::Failure::kHandler;
    return;
  }
  answered_.body.append(bytes);
  answered_.complete = more == http::More::kNo;
}

}  // namespace gatehouse::wsapi
