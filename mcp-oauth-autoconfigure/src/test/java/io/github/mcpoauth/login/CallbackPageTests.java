/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.github.mcpoauth.login;

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
