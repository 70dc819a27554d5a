// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.security.Principal;
import java.util.Map;

import io.github.mcpoauth.principal.PrincipalResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.util.context.Context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link GrantKey}, and for resolvers that make one.
 */
class GrantKeyTests {

	@Test
	void keyWhenPrincipalsDifferIsAnother() {
		GrantKey own = GrantKey.of("linear");
		assertThat(own).isEqualTo(new GrantKey("linear", null)).isNotEqualTo(GrantKey.of("linear", "alice"));
		assertThat(GrantKey.of("linear", "alice")).isNotEqualTo(GrantKey.of("linear", "Alice"));
		assertThat(GrantKey.of("linear", "alice").ofApplication()).isEqualTo(own);
		assertThat(own.ofApplication()).isSameAs(own);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a\nb", "a\u0000b", "a\u001fb", "a\u0085b", "a\ud800b" })
	void keyWhenPrincipalCannotBeANameIsRefused(String principal) {
		assertThatIllegalArgumentException().isThrownBy(() -> GrantKey.of("linear", principal))
			.withMessageContaining("'principal'");
		assertThatIllegalArgumentException().isThrownBy(() -> GrantKey.of("linear", "a".repeat(257)));
	}

	@Test
	void toStringQuotesThePrincipal() {
		assertThat(GrantKey.of("linear")).hasToString("linear");
		assertThat(GrantKey.of("linear", "alice")).hasToString("linear for \"alice\"");
		assertThat(GrantKey.of("linear", "a\u202eb'c")).hasToString("linear for \"a b\"c\"");
	}

	@Test
	void loginCommandIsFitForAShell() {
		assertThat(GrantKey.of("linear").loginCommand()).isEqualTo("mcp login linear");
		assertThat(GrantKey.of("linear", "alice@example.com").loginCommand())
			.isEqualTo("mcp login linear --principal=alice@example.com");
		assertThat(GrantKey.of("linear", "$(rm) o'neil").loginCommand())
			.isEqualTo("mcp login linear --principal='$(rm) o'\\''neil'");
	}

	@Test
	void resolveWhenContextHasANameOrAPrincipalAnswersIt() {
		McpServer server = McpServer.of("linear", URI.create("https://mcp.linear.app/mcp"));
		PrincipalResolver resolver = PrincipalResolver.fromContext("user");
		Principal principal = () -> "bob";
		assertThat(resolver.resolve(server, Context.of("user", "alice")).block()).isEqualTo(server.key("alice"));
		assertThat(resolver.resolve(server, Context.of("user", principal)).block()).isEqualTo(server.key("bob"));
		assertThat(resolver.resolve(server, Context.empty()).block()).isNull();
		assertThatExceptionOfType(IllegalArgumentException.class)
			.isThrownBy(() -> resolver.resolve(server, Context.of("user", Map.of("name", "carol"))).block())
			.withMessageNotContaining("carol");
	}

}
