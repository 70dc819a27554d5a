// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.lang.management.ManagementFactory;
import java.util.Objects;

import com.sun.management.ThreadMXBean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Guards what a request costs when the token is in memory, by what it allocates: unlike
 * time, that is the same on every machine. The measurements are in {@code benchmarks}.
 */
class RequestAllocationTests {

	private static final int REQUESTS = 20_000;

	private static final ExchangeStrategies STRATEGIES = ExchangeStrategies.withDefaults();

	private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

	private final ManagerFixture fixture = new ManagerFixture();

	private @Nullable String authorization;

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	@Test
	void filterWhenTheTokenIsInMemoryAllocatesHardlyMoreThanAConstantHeader() {
		String expected = "Bearer " + this.fixture.grant().accessToken().reveal();
		long constant = allocated((request,
				next) -> next.exchange(ClientRequest.from(request)
					.headers((headers) -> headers.set(HttpHeaders.AUTHORIZATION, expected))
					.build()));
		this.authorization = null;
		long ours = allocated(this.fixture.manager.filter("github"));
		assertThat(this.authorization).isEqualTo(expected);
		assertThat(ours).as("bytes a request, where a constant header takes %d", constant).isLessThan(constant + 1_000);
	}

	private long allocated(ExchangeFilterFunction filter) {
		perform(filter);
		long before = THREADS.getCurrentThreadAllocatedBytes();
		perform(filter);
		return (THREADS.getCurrentThreadAllocatedBytes() - before) / REQUESTS;
	}

	private void perform(ExchangeFilterFunction filter) {
		ClientRequest request = ClientRequest.create(HttpMethod.POST, this.fixture.mcpServer.url())
			.header("Accept", "application/json, text/event-stream")
			.header("Content-Type", "application/json")
			.header("Mcp-Session-Id", "session")
			.build();
		Mono<ClientResponse> answer = Mono.just(ClientResponse.create(HttpStatus.OK).build());
		ExchangeFunction next = (sent) -> {
			MockClientHttpRequest written = new MockClientHttpRequest(sent.method(), sent.url());
			sent.writeTo(written, STRATEGIES).block(ManagerFixture.PATIENCE);
			this.authorization = written.getHeaders().getFirst(HttpHeaders.AUTHORIZATION);
			return answer;
		};
		for (int count = 0; count < REQUESTS; count++) {
			Objects.requireNonNull(filter.filter(request, next).block(ManagerFixture.PATIENCE));
		}
	}

}
