// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CallbackPage}.
 */
class CallbackPageTests {

	@Test
	void pageWhenTextHasMarkupEscapesIt() {
		CallbackPage page = CallbackPage.failure("The server said '<script>alert(1)</script>' & \"more\"");
		assertThat(page.html()).doesNotContain("<script").contains("&lt;script&gt;").contains("&amp;");
		assertThat(CallbackPage.success("<b>").html()).doesNotContain("<b>");
	}

	@Test
	void pageIsNotKeptAndLoadsNothingAndTellsNobody() {
		assertThat(CallbackPage.success("test").headers()).containsEntry("Cache-Control", "no-store")
			.containsEntry("Referrer-Policy", "no-referrer")
			.containsEntry("X-Content-Type-Options", "nosniff")
			.hasEntrySatisfying("Content-Security-Policy",
					(policy) -> assertThat(policy).contains("default-src 'none'").contains("frame-ancestors 'none'"));
	}

}
