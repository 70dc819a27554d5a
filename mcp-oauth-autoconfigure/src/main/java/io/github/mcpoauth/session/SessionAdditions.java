// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;

import io.github.mcpoauth.internal.question.Questions;

/**
 * The application's part in sessions.
 *
 * @param customizers add to the clients of the sessions
 * @param questions ask users what servers want to know during calls
 */
public record SessionAdditions(List<SessionCustomizer> customizers, Questions questions) {

	public SessionAdditions {
		customizers = List.copyOf(customizers);
	}

}
