// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link AuthorizedRequest}.
 */
class AuthorizedRequestTests {

	private static final URI URL = URI.create("https://mcp.example.com/mcp");

	private static final AccessToken TOKEN = new AccessToken(Secret.of("token"), "Bearer", null);

	private final List<ClientHttpRequest> customized = new ArrayList<>();

	private final ClientRequest request = ClientRequest.create(HttpMethod.POST, URL)
		.header("Accept", "application/json")
		.cookie("taste", "good")
		.attribute("attribute", "value")
		.httpRequest(this.customized::add)
		.body(BodyInserters.fromValue("body"))
		.build();

	@Test
	void writeToWritesEverythingOfTheRequestAndTheToken() {
		MockClientHttpRequest written = write(authorized(TOKEN));
		assertThat(written.getHeaders().get("Accept")).containsExactly("application/json");
		assertThat(written.getHeaders().get(HttpHeaders.AUTHORIZATION)).containsExactly("Bearer token");
		assertThat(written.getCookies().getFirst("taste")).hasToString("taste=good");
		assertThat(written.getBodyAsString().block()).isEqualTo("body");
		assertThat(this.customized).hasSize(1);
	}

	@Test
	void writeToWhenHeadersWereSeenWritesThem() {
		AuthorizedRequest authorized = authorized(TOKEN);
		HttpHeaders seen = authorized.headers();
		assertThat(authorized.headers()).isSameAs(seen);
		assertThat(seen.get(HttpHeaders.AUTHORIZATION)).containsExactly("Bearer token");
		assertThat(seen.get("Accept")).containsExactly("application/json");
		MockClientHttpRequest written = write(authorized);
		assertThat(written.getHeaders().get(HttpHeaders.AUTHORIZATION)).containsExactly("Bearer token");
		assertThat(written.getHeaders().get("Accept")).containsExactly("application/json");
	}

	@Test
	void writeToWhenDefaultHeadersAreThereLeavesThem() {
		MockClientHttpRequest written = new MockClientHttpRequest(HttpMethod.POST, URL);
		written.getHeaders().set("Accept", "text/plain");
		authorized(TOKEN).writeTo(written, ExchangeStrategies.withDefaults()).block();
		assertThat(written.getHeaders().get("Accept")).containsExactly("text/plain");
	}

	@Test
	void writeToWhenThereIsNoTokenSendsNone() {
		AuthorizedRequest authorized = authorized(null);
		assertThat(authorized.headers().containsHeader(HttpHeaders.AUTHORIZATION)).isFalse();
		assertThat(write(authorized).getHeaders().containsHeader(HttpHeaders.AUTHORIZATION)).isFalse();
	}

	@Test
	void headersWhenChangedThrowsAndLeavesTheRequestOfTheCaller() {
		HttpHeaders headers = authorized(TOKEN).headers();
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> headers.set("Accept", "none"));
		assertThat(this.request.headers().containsHeader(HttpHeaders.AUTHORIZATION)).isFalse();
	}

	@Test
	void fromWhenAFilterCopiesTheRequestCopiesEverythingAndWatchesTheBody() {
		ReplayableBody body = new ReplayableBody(BodyInserters.fromValue("body"));
		ClientRequest copy = ClientRequest.from(new AuthorizedRequest(this.request, body, TOKEN)).build();
		assertThat(copy.method()).isEqualTo(HttpMethod.POST);
		assertThat(copy.url()).isEqualTo(URL);
		assertThat(copy.headers().get(HttpHeaders.AUTHORIZATION)).containsExactly("Bearer token");
		assertThat(copy.cookies().get("taste")).containsExactly("good");
		assertThat(copy.attributes()).containsAllEntriesOf(Map.of("attribute", "value"));
		assertThat(copy.body()).isSameAs(body);
		assertThat(copy.logPrefix()).isEqualTo(this.request.logPrefix());
	}

	private AuthorizedRequest authorized(@Nullable AccessToken token) {
		return new AuthorizedRequest(this.request, new ReplayableBody(this.request.body()), token);
	}

	private static MockClientHttpRequest write(ClientRequest request) {
		MockClientHttpRequest written = new MockClientHttpRequest(HttpMethod.POST, URL);
		request.writeTo(written, ExchangeStrategies.withDefaults()).block();
		return written;
	}

}
