"""What is counted of requests, in the shapes that Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from api import metrics


def _told() -> dict[tuple[str, tuple[str, ...]], float]:
    text = metrics.render()[0].decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_door_method_and_status_and_timed_by_door() -> None:
    before = _told()
    for seconds in (0.0005, 0.001, 0.3, 60.0):
        metrics.observe({"path": "/media/x", "method": "TRACE"}, 418, seconds)
    after = _told()

    def more(name: str, *labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0.0)

    assert more("calos_requests_total", "media", "TRACE", "418") == 4
    bucket = "calos_request_seconds_bucket"
    assert [more(bucket, "media", bound) for bound in ("0.001", "0.2", "0.5", "5.0", "+Inf")] == [2, 2, 3, 3, 4]
    assert more("calos_request_seconds_count", "media") == 4
    assert abs(more("calos_request_seconds_sum", "media") - 60.3015) < 1e-9
