// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;

import io.github.mcpoauth.internal.work.WorkThreads;
import reactor.core.publisher.Mono;

/**
 * The pauses before a client listens to an event stream again. They grow if the streams
 * end soon after they were opened.
 */
final class ListeningPauses {

	/**
	 * An event stream that ends sooner than this ends too soon.
	 */
	private static final Duration SHORT_STREAM = Duration.ofSeconds(60);

	private static final int MOST_SHORT_STREAMS = 7;

	private final WorkThreads threads;

	private long listenedAt;

	private int shortStreams;

	ListeningPauses(WorkThreads threads) {
		this.threads = threads;
	}

	/**
	 * Wait before listening. The first two times there is no wait.
	 * @return a mono that completes when the client may listen
	 */
	Mono<Void> next() {
		return Mono.defer(() -> {
			long pause = seconds(System.nanoTime());
			return (pause > 0) ? Mono.delay(Duration.ofSeconds(pause), this.threads.timer())
				.publishOn(this.threads.blocking())
				.then() : Mono.empty();
		});
	}

	private synchronized long seconds(long now) {
		boolean early = this.listenedAt != 0 && now - this.listenedAt < SHORT_STREAM.toNanos();
		this.shortStreams = early ? Math.min(this.shortStreams + 1, MOST_SHORT_STREAMS) : 0;
		this.listenedAt = now;
		return (this.shortStreams > 1) ? 1L << (this.shortStreams - 2) : 0;
	}

}
