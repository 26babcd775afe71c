"""PynamoDB's own way of working with tables: models, conditions, indexes, batches, transactions and versions. Usage: ENDPOINT KEY SECRET."""
import sys
from datetime import datetime, timezone

from pynamodb.attributes import (BooleanAttribute, JSONAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute,
                                 UnicodeSetAttribute, UTCDateTimeAttribute, VersionAttribute)
from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

ENDPOINT, KEY, SECRET = sys.argv[1:]


class ViewIndex(GlobalSecondaryIndex):
    class Meta:
        index_name = "by_view"
        projection = AllProjection()

    category = UnicodeAttribute(hash_key=True)
    views = NumberAttribute(range_key=True)


class DateIndex(LocalSecondaryIndex):
    class Meta:
        index_name = "by_date"
        projection = AllProjection()

    forum = UnicodeAttribute(hash_key=True)
    posted = UTCDateTimeAttribute(range_key=True)


class Author(MapAttribute):
    name = UnicodeAttribute()
    age = NumberAttribute(null=True)


class Thread(Model):
    class Meta:
        table_name = "Thread"
        host = ENDPOINT
        region = "us-east-1"
        aws_access_key_id = KEY
        aws_secret_access_key = SECRET
        billing_mode = "PAY_PER_REQUEST"

    forum = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)
    category = UnicodeAttribute(default="misc")
    views = NumberAttribute(default=0)
    posted = UTCDateTimeAttribute()
    answered = BooleanAttribute(default=False)
    tags = UnicodeSetAttribute(null=True)
    author = Author(null=True)
    votes = ListAttribute(of=NumberAttribute, null=True)
    extra = JSONAttribute(null=True)
    version = VersionAttribute()
    by_view = ViewIndex()
    by_date = DateIndex()


def main():
    Thread.create_table(wait=True)
    assert Thread.exists()
    day = lambda number: datetime(2026, 1, number, tzinfo=timezone.utc)

    thread = Thread("python", "decorators", posted=day(1), tags={"a", "b"}, author=Author(name="ann", age=30), votes=[1, 2.5],
                    extra={"x": [1, None]})
    thread.save()
    again = Thread.get("python", "decorators", consistent_read=True)
    assert again.author.name == "ann" and again.tags == {"a", "b"} and again.votes == [1, 2.5] and again.extra == {"x": [1, None]}
    assert again.version == 1 and again.posted == day(1)

    again.update(actions=[Thread.views.set(Thread.views + 5), Thread.tags.add({"c"}), Thread.author.age.set(31), Thread.votes[0].remove()],
                 condition=(Thread.views == 0) & Thread.author.name.startswith("a") & Thread.tags.contains("a"))
    assert again.views == 5 and again.tags == {"a", "b", "c"} and again.author.age == 31 and again.votes == [2.5] and again.version == 2

    thread.views = 7  # of an old version
    try:
        thread.save()
        raise AssertionError("an old version was saved")
    except PutError as error:
        assert error.cause_response_code == "ConditionalCheckFailedException", error

    with Thread.batch_write() as batch:
        for number in range(60):
            batch.save(Thread("cpp", f"subject {number:02}", category="odd" if number % 2 else "even", views=number, posted=day(1 + number % 28)))
    assert Thread.count("cpp") == 60
    page = Thread.query("cpp", Thread.subject.between("subject 10", "subject 19"), Thread.views >= 15, limit=3)
    assert [found.views for found in page] == [15, 16, 17]
    rest = Thread.query("cpp", last_evaluated_key=page.last_evaluated_key, limit=2)
    assert [found.views for found in rest] == [18, 19]
    assert [found.views for found in Thread.by_view.query("odd", ViewIndex.views > 50, scan_index_forward=False)] == [59, 57, 55, 53, 51]
    assert len(list(Thread.by_date.query("cpp", DateIndex.posted < day(3)))) == 6
    assert sum(1 for _ in Thread.scan(Thread.category.is_in("odd", "even"), page_size=7)) == 60
    keys = [("cpp", f"subject {number:02}") for number in range(0, 60, 2)] + [("cpp", "none")]
    assert len(list(Thread.batch_get(keys))) == 30

    connection = Connection(region="us-east-1", host=ENDPOINT)
    connection.session.set_credentials(KEY, SECRET)
    first, second = Thread.get("cpp", "subject 00"), Thread.get("cpp", "subject 01")
    with TransactWrite(connection=connection) as transaction:
        transaction.update(first, actions=[Thread.views.set(100)])
        transaction.delete(second)
    try:
        with TransactWrite(connection=connection) as transaction:
            transaction.condition_check(Thread, "cpp", "subject 01", condition=Thread.subject.exists())
            transaction.update(Thread.get("cpp", "subject 02"), actions=[Thread.views.set(200)])
        raise AssertionError("a transaction with a failed condition was written")
    except TransactWriteError as error:
        assert [reason.code if reason else None for reason in error.cancellation_reasons] == ["ConditionalCheckFailed", None]
    with TransactGet(connection=connection) as transaction:
        found = [transaction.get(Thread, "cpp", subject) for subject in ("subject 00", "subject 02")]
    assert [future.get().views for future in found] == [100, 2]
    try:
        Thread.get("cpp", "subject 01")
        raise AssertionError("deleted, and still there")
    except DoesNotExist:
        pass
    Thread.delete_table()
    print("done")


main()
