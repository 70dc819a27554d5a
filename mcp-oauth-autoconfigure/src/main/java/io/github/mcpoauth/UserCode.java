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

package io.github.mcpoauth;

import java.net.URI;

import org.jspecify.annotations.Nullable;

/**
 * What a person takes to another device to log in there (RFC 8628, section 3.2). It is
 * for that person only, and {@link #toString()} leaves the code out.
 *
 * @param value the code, as it has to be typed: some printable characters
 * @param verificationUri where to type it
 * @param verificationUriComplete the same with the code in it, for a link or a QR code,
 * {@code null} if the server names none. The person should still see the code, and
 * compare it with what is shown there
 */
public record UserCode(String value, URI verificationUri, @Nullable URI verificationUriComplete) {

	@Override
	public String toString() {
		return "UserCode[verificationUri=%s]".formatted(this.verificationUri);
	}

}
