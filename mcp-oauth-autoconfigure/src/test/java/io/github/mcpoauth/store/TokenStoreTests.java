// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.McpOAuthException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link TokenStore}.
 */
class TokenStoreTests {

	@Test
	void listWhenStoreDoesNotImplementItSaysWhoHasTo() {
		TokenStore store = (TokenStore) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { TokenStore.class }, InvocationHandler::invokeDefault);
		assertThatExceptionOfType(ListingNotSupportedException.class)
			.isThrownBy(() -> store.list(GrantQuery.all(1)).block())
			.withMessageContaining("has to implement TokenStore.list")
			.satisfies((ex) -> assertThat(ex.getKind()).isEqualTo(McpOAuthException.Kind.NOT_SUPPORTED));
	}

}
