// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ResourceIdentifiers}.
 */
class ResourceIdentifiersTests {

	@ParameterizedTest
	@CsvSource({ "https://h/a/mcp, https://h/a/mcp, true", "https://h/a/mcp/, https://h/a/mcp, true",
			"https://h/a, https://h/a/mcp, true", "https://h/a/, https://h/a/mcp, true",
			"https://h, https://h/a/mcp, true", "https://h/, https://h/a/mcp, true",
			"HTTPS://H:443/a, https://h/a/mcp, true", "https://h/a/mcp, https://h:443/a/mcp/, true",
			"http://h:80, http://h/mcp, true", "https://h, https://h, true",
			"https://h/mcp?x=1, https://h/mcp?x=1, true", "https://h/mcp, https://h/mcp?x=1, true",
			"https://h/a/mcp-evil, https://h/a/mcp, false", "https://h/a/mc, https://h/a/mcp, false",
			"https://h/a/mcp/b, https://h/a/mcp, false", "https://h/A/mcp, https://h/a/mcp, false",
			"https://evil/a/mcp, https://h/a/mcp, false", "https://h.evil/a/mcp, https://h/a/mcp, false",
			"https://h@evil/a/mcp, https://h/a/mcp, false", "https://u@h/a/mcp, https://h/a/mcp, false",
			"http://h/a/mcp, https://h/a/mcp, false", "https://h:8443/a/mcp, https://h/a/mcp, false",
			"https://h/a/mcp#f, https://h/a/mcp, false", "https://h/a/../b, https://h/a/../b/mcp, false",
			"https://h/mcp?x=2, https://h/mcp?x=1, false", "https://h/?x=1, https://h/mcp?x=1, false",
			"/a/mcp, https://h/a/mcp, false", "urn:mcp, https://h/a/mcp, false",
			"not an address, https://h/a/mcp, false", "'', https://h/a/mcp, false" })
	void coversWhenComparedIsTheOriginAndWholeSegments(String resource, URI server, boolean covers) {
		assertThat(ResourceIdentifiers.covers(resource, server)).isEqualTo(covers);
	}

	@Property
	void coversWhenResourceIsAnythingAnswers(@ForAll String resource) {
		assertThat(ResourceIdentifiers.covers(resource, URI.create("https://h/mcp"))).isFalse();
	}

	@ParameterizedTest
	@DisplayName("F16 without metadata the resource is the canonical address")
	@CsvSource({ "https://h/mcp, https://h/mcp", "https://h/mcp/, https://h/mcp/", "https://h/, https://h",
			"https://h, https://h", "HTTPS://MCP.Example.COM:443/Mcp?key=secret#f, https://mcp.example.com/Mcp",
			"http://localhost:8080/a%2fb, http://localhost:8080/a%2fb", "https://u:p@h/mcp, https://h/mcp",
			"http://[::1]:80/mcp, http://[::1]/mcp" })
	void canonicalWhenGivenIsWithoutWhatDoesNotIdentify(URI server, String expected) {
		assertThat(ResourceIdentifiers.canonical(server)).isEqualTo(expected);
	}

}
