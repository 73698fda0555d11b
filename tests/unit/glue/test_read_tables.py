"""What the fetching job knows of connections and of faults; reading itself is tested on servers."""

from __future__ import annotations

import pytest

from read_tables import Database, FetchFault, _url, fault_of

SECRET = Database("jdbc:mysql://host/shop", "reader", "pa55word")


@pytest.mark.parametrize(
    ("kind", "properties", "url"),
    [
        ("JDBC", {"JDBC_CONNECTION_URL": "jdbc:postgresql://h:1/d"}, "jdbc:postgresql://h:1/d"),
        ("JDBC", {"JDBC_CONNECTION_URL": "jdbc:mariadb://h/d"}, "jdbc:mysql://h/d"),
        ("MYSQL", {"HOST": "h", "PORT": "3306", "DATABASE": "d"}, "jdbc:mysql://h:3306/d"),
        ("POSTGRESQL", {"HOST": "h", "DATABASE": "d"}, "jdbc:postgresql://h/d"),
    ],
)
def test_a_connection_of_any_kind_is_an_address(kind: str, properties: dict, url: str) -> None:
    assert _url("crm", kind, properties) == url


@pytest.mark.parametrize("properties", [{}, {"JDBC_CONNECTION_URL": "jdbc:sqlserver://h"}])
def test_another_database_is_refused_with_those_that_are_read(properties: dict) -> None:
    with pytest.raises(FetchFault, match="another kind of database"):
        _url("crm", "JDBC", properties)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Access denied for user 'reader'@'h'", "the database refused the user or the password"),
        ("Connection to h:1 refused.", "the database cannot be reached"),
        ("java.net.UnknownHostException: h", "the database cannot be reached"),
        ('ERROR: relation "gone" does not exist', "the table is gone"),
        ("(conn=5) Table 'shop.gone' doesn't exist", "the table is gone"),
        ("ERROR: permission denied for table t", "the user may not read the table"),
        ("Unknown database 'shp'", "the database is not there"),
    ],
)
def test_what_drivers_say_is_put_in_words_with_a_cure(said: str, told: str) -> None:
    fault = fault_of(RuntimeError(said), "orders", SECRET)

    assert (fault.path, fault.message) == ("orders", told)
    assert fault.cure


def test_what_is_not_known_is_told_without_anything_secret() -> None:
    said = "odd failure at jdbc:mysql://host/shop?user=reader&password=pa55word&x=1\n\tat java"

    fault = fault_of(RuntimeError(said), "orders", SECRET)

    assert fault.message.startswith("odd failure at jdbc:mysql://host/shop?user=…&password=…")
    assert "pa55word" not in fault.message
    assert "pa55word" not in repr(SECRET)


def test_names_are_quoted_in_the_databases_own_way() -> None:
    postgres = Database("jdbc:postgresql://h/d", "", "")

    assert SECRET.quoted("shop.or`der") == "`shop`.`or``der`"
    assert postgres.quoted('shop.or"der') == '"shop"."or""der"'
