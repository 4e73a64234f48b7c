"""What a profile's lines say of the samples that py-spy took."""

from __future__ import annotations

from bench_suite.profiling import lines, room_of


def test_samples_are_summed_by_thread_room_and_function() -> None:
    loop = 'process 7:"mitmdump -s x";thread (7): MainThread;run (/usr/lib/python3.13/asyncio/runners.py:7)'
    samples = [
        f"{loop};Dispatch.listeners (/srv/addon/agw/fastpath/dispatch.py:99) 60",
        f"{loop};Layer.handle_event (/v/site-packages/mitmproxy/proxy/layers/http.py:3) 30",
        'process 7:"mitmdump -s x";thread (9): agw-recorder;Store.append (/srv/addon/agw/journal/store.py:5) 10',
    ]
    told = "\n".join(lines(samples, look_us=5.0))
    assert "the interpreter was held for 500 µs per call" in told
    assert "   450.0   90.0%  MainThread" in told
    assert "    50.0   10.0%  agw-recorder" in told
    assert "   300.0   60.0%  agw/fastpath" in told
    assert "   150.0   30.0%  mitmproxy/proxy/layers" in told
    assert "   300.0   60.0%  agw/fastpath: dispatch.py:99 Dispatch.listeners" in told


def test_a_run_without_a_sample_has_empty_tables() -> None:
    assert "held for 0 µs per call" in lines([], look_us=5.0)[0]


def test_a_file_is_in_a_room_of_ours_a_part_of_mitmproxy_a_library_or_a_module_of_python() -> None:
    rooms = {
        "/srv/addon/agw/hooks/gateway.py:1": "agw/hooks",
        "/srv/addon/agw/errors.py:1": "agw/errors",
        "/v/lib/python3.13/site-packages/mitmproxy/net/http/http1/read.py:1": "mitmproxy/net",
        "/v/lib/python3.13/site-packages/h11/_readers.py:1": "h11",
        "/usr/lib/python3.13/json/decoder.py:1": "python json",
        "<string>:2": "<string>",
    }
    assert {file: room_of(file) for file in rooms} == rooms
