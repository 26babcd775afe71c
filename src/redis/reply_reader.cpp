#include "reply_reader.hpp"

#include <hiredis/read.h>

#include <new>
#include <string>

namespace gatehouse::redis {
namespace {

// The place of a new reply: in its list, or on the heap where it is a whole one.
Reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) return new Reply;
  return &static_cast<Reply*>(task->parent->obj)->items[static_cast<std::size_t>(task->idx)];
}

void* create_text(const redisReadTask* task, char* bytes, std::size_t size) {
  Reply* const reply = place(task);
  reply->kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::kError : Reply::Kind::kText;
  reply->text.assign(bytes, size);
  return reply;
}

void* create_list(const redisReadTask* task, int count) {
  if (count < 0 || count > ReplyReader::kMostItems) return nullptr;
  Reply* const reply = place(task);
  reply->kind = Reply::Kind::kList;
  reply->items.resize(static_cast<std::size_t>(count));
  return reply;
}

void* create_integer(const redisReadTask* task, long long value) {
  Reply* const reply = place(task);
  reply->kind = Reply::Kind::kInteger;
  reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) { return place(task); }

// Only whole replies are freed by hiredis.
void free_reply(void* reply) { delete static_cast<Reply*>(reply); }

redisReplyObjectFunctions kFunctions{create_text, create_list, create_integer, create_nil, free_reply};

}  // namespace

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader(std::size_t largest_reply)
    : reader_(redisReaderCreateWithFunctions(&kFunctions)), largest_reply_(largest_reply) {
  if (!reader_) throw std::bad_alloc();
}

ReplyReader::~ReplyReader() = default;

bool ReplyReader::empty() const { return reader_->len == reader_->pos && reader_->reply == nullptr; }

void ReplyReader::feed(std::string_view bytes) {
  if (!problem_.empty()) return;
  // Of a reply that has begun; what comes with its end may belong to the next ones.
  if (begun_bytes_ > largest_reply_) {
    problem_ = "a reply is larger than " + std::to_string(largest_reply_) + " bytes";
    return;
  }
  begun_bytes_ += bytes.size();
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) problem_ = reader_->errstr;
}

bool ReplyReader::next(std::optional<Reply>& reply) {
  if (!problem_.empty()) return false;
  void* made = nullptr;
  if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
    problem_ = reader_->errstr;
    return false;
  }
  if (made == nullptr) return true;
  begun_bytes_ = reader_->len - reader_->pos;
  reply = std::move(*static_cast<Reply*>(made));
  free_reply(made);
  return true;
}

}  // namespace gatehouse::redis
