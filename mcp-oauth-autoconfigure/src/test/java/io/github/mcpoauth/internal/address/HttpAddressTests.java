// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.URI;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HttpAddress}.
 */
class HttpAddressTests {

	@ParameterizedTest
	@DisplayName("S21: a path that servers read in different ways is no address")
	@ValueSource(strings = { "/a/../b", "/a/./b", "/a/..", "/a/.", "/a/..;/b", "/a/..;x=y/b", "/a/..%3b/b",
			"/a/..%3Bx/b", "/a/.%3b", "/a/%2e%2e/b", "/a/x%2Ey", "/a/..%00/b", "/a/..%09/b", "/a%00", "/a%0d%0ab",
			"/a%7f", "/a%1f", "/a%5cb", "/a%255c", "/a//b", "/a/;x/b", "/a%2f../b", "/a%2F..%2Fb", "/a%2f.",
			"/a%2F%2fb", "/a%2f/b", "/a/%2fb" })
	void ofWhenPathIsAmbiguousIsNull(String path) {
		assertThat(HttpAddress.of(URI.create("https://mcp.example.com" + path))).isNull();
	}

	@ParameterizedTest
	@DisplayName("F45: a path is taken as it is written")
	@ValueSource(strings = { "", "/a", "/a;x=y", "/a/b%3bc", "/...", "/.well-known/x", "/a%20b", "/a%3A%2Fb/c", "/a%2f",
			"/%C3%A4" })
	void ofWhenPathIsPlainKeepsIt(String path) {
		HttpAddress address = HttpAddress.of(URI.create("https://mcp.example.com" + path + "?q=%2e"));
		assertThat(address).isEqualTo(new HttpAddress("https", "mcp.example.com", 443, path));
	}

	@Test
	@DisplayName("S2: an address is read in linear time")
	void ofWhenPathIsHugeIsAnAddress() {
		assertThat(HttpAddress.of(URI.create("https://mcp.example.com/" + "a%2fb".repeat(100_000)))).isNotNull();
		assertThat(HttpAddress.of(URI.create("https://mcp.example.com/" + ";".repeat(500_000)))).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "https://H.example.com:443/a, https://h.example.com", "http://h:80, http://h",
			"https://h:80/, https://h:80", "HTTP://[::1]:8080/x, http://[::1]:8080" })
	void originWhenPortIsTheDefaultLeavesItOut(String url, String origin) {
		assertThat(HttpAddress.origin(URI.create(url))).isEqualTo(origin);
	}

	@ParameterizedTest
	@CsvSource({ "https://h/a, https://h/a, true", "https://h/a/, https://h/a/b, true", "https://h, https://h/a, true",
			"https://h/a, https://h/ab, false", "https://h/a, https://h:444/a, false", "https://h/a, http://h/a, false",
			"https://h/a, https://h/a%2Fb, false", "https://h/a%2Fb, https://h/a%2Fb/c, true",
			"https://h/a%2Fb, https://h/a/b, false", "https://h/a/../b, https://h/a/../b, false",
			"urn:example:a, https://h/a, false", "not an address, https://h/a, false" })
	void coversWhenAddressIsBelowIsTrue(String outer, String inner, boolean covers) {
		assertThat(HttpAddress.covers(outer, URI.create(inner))).isEqualTo(covers);
	}

}
